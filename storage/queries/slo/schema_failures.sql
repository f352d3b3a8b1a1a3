-- one row per tool call with a recorded result: 1 where its arguments were refused, or do not fit the tool
SELECT
    runs.agent, runs.task_type AS workflow, tool_name AS label, coalesce(tool_calls.started_at, runs.started_at) AS "at",
    ((is_error AND says_bad_arguments(error_text)) OR coalesce(faults.fault = 'bad arguments', false))::DOUBLE AS value,
    1 AS units
FROM tool_calls JOIN runs USING (run_id) LEFT JOIN tool_call_faults AS faults USING (call_id)
WHERE coalesce(tool_calls.started_at, runs.started_at) >= $start
    AND coalesce(tool_calls.started_at, runs.started_at) < $end
    AND runs.golden_set IS NULL AND runs.agent IS NOT NULL AND is_error IS NOT NULL
ORDER BY "at", call_id
