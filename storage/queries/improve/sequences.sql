-- one row per run of the given ids that called tools: their names in order, and how many calls failed
SELECT run_id, list(tool_name ORDER BY seq, call_id)[:200] AS tools, count(*) FILTER (is_error) AS failed
FROM tool_calls WHERE run_id IN (SELECT unnest($runs))
GROUP BY run_id
ORDER BY run_id
