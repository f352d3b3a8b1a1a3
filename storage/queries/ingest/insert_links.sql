-- one row per link between spans that was not known
INSERT INTO span_links BY NAME
SELECT DISTINCT run_id, inner_id, outer_id FROM new_links ANTI JOIN span_links USING (run_id, inner_id, outer_id)
