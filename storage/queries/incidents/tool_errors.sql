-- one row per tool call that failed in a run that is due, with whether that tool worked later
SELECT run_id, agent, outcome, seq, tool_name, error_type, error_text, recovered
FROM due_calls
WHERE is_error AND NOT is_unknown
ORDER BY run_id, place
