-- one row per tool call that is new or now known better: asked where it was earliest, with a result where one is known.
-- Both orders are total over what they choose, so sightings give the same call in any order and any number.
-- What is sighted once, which is nearly all, needs no merge.
CREATE OR REPLACE TEMP TABLE changed_tool_calls AS
WITH several AS (
    SELECT call_id FROM stored_tool_calls
    UNION
    SELECT call_id FROM new_tool_calls GROUP BY call_id HAVING count(*) > 1
),
sightings AS (
    SELECT * EXCLUDE (stored_row) FROM stored_tool_calls
    UNION ALL BY NAME
    SELECT * FROM new_tool_calls SEMI JOIN several USING (call_id)
),
requests AS (
    SELECT DISTINCT ON (call_id) call_id, run_id, seq, tool_name, arguments_sha256, argument_sizes, started_at
    FROM sightings
    ORDER BY call_id, started_at NULLS LAST, run_id, seq, tool_name, arguments_sha256 NULLS LAST,
        argument_sizes NULLS LAST
),
results AS (
    SELECT DISTINCT ON (call_id) call_id, result_sha256, is_error, error_type, error_text, duration_ms
    FROM sightings
    ORDER BY
        call_id, is_error IS NULL, result_sha256 NULLS LAST, is_error DESC, duration_ms DESC NULLS LAST,
        error_type NULLS LAST, error_text NULLS LAST
),
merged AS (
    SELECT call_id, run_id, seq, tool_name, arguments_sha256, result_sha256, is_error, error_type, error_text,
        started_at, duration_ms, argument_sizes
    FROM requests JOIN results USING (call_id)
    EXCEPT
    SELECT call_id, run_id, seq, tool_name, arguments_sha256, result_sha256, is_error, error_type, error_text,
        started_at, duration_ms, argument_sizes
    FROM stored_tool_calls
)
SELECT * FROM merged
UNION ALL BY NAME
SELECT * FROM new_tool_calls ANTI JOIN several USING (call_id)
