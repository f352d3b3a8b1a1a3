-- one row per line of an agent's daily logs that the ledger knows, and per line that a model worded
SELECT *
FROM memory_lines
WHERE agent = $agent
ORDER BY source_path, source_line, line_id
