-- one row per tool call of a run that is due whose result reads as an error although its source says that it is none
SELECT run_id, agent, outcome, seq, tool_name, error_type, error_text, recovered
FROM due_calls
WHERE is_error = false AND error_text IS NOT NULL AND NOT is_unknown
ORDER BY run_id, place
