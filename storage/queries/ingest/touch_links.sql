-- one row per run of which a link between spans comes to be known
INSERT INTO touched
SELECT DISTINCT run_id FROM new_links ANTI JOIN span_links USING (run_id, inner_id, outer_id)
