-- one row per tool call with a recorded result: 1 where the tool does not exist, by the harness, the source or history
SELECT
    runs.agent, runs.task_type AS workflow, tool_name AS label, coalesce(tool_calls.started_at, runs.started_at) AS "at",
    (says_unknown_tool(error_text) OR coalesce(faults.fault = 'unknown tool', false))::DOUBLE AS value, 1 AS units
FROM tool_calls JOIN runs USING (run_id) LEFT JOIN tool_call_faults AS faults USING (call_id)
WHERE coalesce(tool_calls.started_at, runs.started_at) >= $start
    AND coalesce(tool_calls.started_at, runs.started_at) < $end
    AND runs.golden_set IS NULL AND runs.agent IS NOT NULL AND is_error IS NOT NULL
ORDER BY "at", call_id
