-- one row per tool call of a run that is due to which the harness answered that there is no such tool
SELECT run_id, agent, outcome, seq, tool_name, error_type, error_text, recovered
FROM due_calls
WHERE is_unknown
ORDER BY run_id, place
