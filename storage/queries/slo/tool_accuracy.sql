-- one row per tool call with a recorded result: 1 where the tool exists and its arguments were accepted and fit
SELECT
    runs.agent, runs.task_type AS workflow, tool_name AS label, coalesce(tool_calls.started_at, runs.started_at) AS "at",
    (NOT (
        says_unknown_tool(error_text) OR (is_error AND says_bad_arguments(error_text)) OR faults.call_id IS NOT NULL
    ))::DOUBLE AS value,
    1 AS units
FROM tool_calls JOIN runs USING (run_id) LEFT JOIN tool_call_faults AS faults USING (call_id)
WHERE coalesce(tool_calls.started_at, runs.started_at) >= $start
    AND coalesce(tool_calls.started_at, runs.started_at) < $end
    AND runs.golden_set IS NULL AND runs.agent IS NOT NULL AND is_error IS NOT NULL
ORDER BY "at", call_id
