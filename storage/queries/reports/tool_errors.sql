-- one row per tool of a period: its calls, how many failed, and of how many no result is recorded
SELECT
    calls.tool_name,
    count(*) AS calls,
    count(*) FILTER (calls.is_error) AS errors,
    count(*) FILTER (calls.is_error IS NULL) AS unrecorded,
    count(DISTINCT calls.run_id) AS runs,
    count(*) OVER () AS tools
FROM tool_calls AS calls JOIN runs USING (run_id)
WHERE runs.golden_set IS NULL
    AND ((runs.started_at >= $start AND runs.started_at < $end) OR ($untimed AND runs.started_at IS NULL))
GROUP BY calls.tool_name
ORDER BY errors DESC, calls DESC, calls.tool_name
LIMIT 12
