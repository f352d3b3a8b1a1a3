-- one row per call of a tool that looks something up, with a recorded result: 1 where it was no error
SELECT runs.agent, tool_name AS label, (NOT is_error)::DOUBLE AS value, 1 AS units
FROM tool_calls JOIN runs USING (run_id)
WHERE coalesce(tool_calls.started_at, runs.started_at) >= $start
    AND coalesce(tool_calls.started_at, runs.started_at) < $end
    AND runs.golden_set IS NULL AND runs.agent IS NOT NULL AND is_error IS NOT NULL
    AND regexp_matches(tool_name, 'search|retriev|lookup|look_up|web_?fetch|knowledge|query_|(^|_)rag(_|$)', 'i')
