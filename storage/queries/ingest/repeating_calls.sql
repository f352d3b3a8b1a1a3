-- one row per call of a touched run that is not to be counted, as within one file (`families/same_calls`): a sum
-- that stands around a call with usage, and a call without usage inside a sum that counts.
-- Fragments of a trace nest no deeper than the bound; sums in a circle do not repeat one another.
CREATE OR REPLACE TEMP TABLE repeating_calls AS
WITH RECURSIVE links AS (
    SELECT * FROM span_links WHERE run_id IN (SELECT run_id FROM touched)
),
calls AS (
    SELECT
        run_id, call_id, is_aggregate,
        input_tokens IS NOT NULL OR output_tokens IS NOT NULL OR cost_source = 'reported' AS has_usage
    FROM model_calls WHERE run_id IN (SELECT run_id FROM links)
),
above(run_id, call_id, outer_id, depth) AS (
    SELECT calls.run_id, call_id, outer_id, 1 FROM calls JOIN links ON links.run_id = calls.run_id AND inner_id = call_id
    UNION
    SELECT above.run_id, call_id, links.outer_id, depth + 1
    FROM above JOIN links ON links.run_id = above.run_id AND links.inner_id = above.outer_id
    WHERE depth < 64
),
pairs AS (
    SELECT DISTINCT
        above.run_id, i.call_id AS inner_id, i.has_usage AS inner_has_usage, o.call_id AS outer_id
    FROM above
    JOIN calls AS i USING (run_id, call_id)
    JOIN calls AS o ON o.run_id = above.run_id AND o.call_id = above.outer_id
    WHERE o.is_aggregate AND o.has_usage AND i.call_id <> o.call_id
),
nested AS (
    SELECT p.* FROM pairs AS p
    ANTI JOIN pairs AS back ON back.run_id = p.run_id AND back.inner_id = p.outer_id AND back.outer_id = p.inner_id
),
sums AS (
    SELECT DISTINCT run_id, outer_id FROM nested WHERE inner_has_usage
)
SELECT run_id, outer_id AS call_id FROM sums
UNION
SELECT run_id, inner_id FROM nested ANTI JOIN sums USING (run_id, outer_id) WHERE NOT inner_has_usage
