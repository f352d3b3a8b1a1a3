-- one row per failed call of a tool in the given runs, with the two tools called before it: as logged, redacted
WITH calls AS (
    SELECT run_id, seq, tool_name, is_error, error_text,
           lag(tool_name, 2) OVER in_order AS second_before, lag(tool_name) OVER in_order AS before
    FROM tool_calls WHERE run_id IN (SELECT unnest($runs))
    WINDOW in_order AS (PARTITION BY run_id ORDER BY seq, call_id)
)
SELECT run_id, seq, second_before, before, left(error_text, 600) AS error_text
FROM calls
WHERE is_error AND tool_name = $tool
ORDER BY run_id, seq
