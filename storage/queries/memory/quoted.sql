-- one row per line of an agent's daily logs that tries to instruct, and so was not kept
SELECT agent, source_path, source_line, text, reason
FROM memory_lines
WHERE agent = $agent AND state = 'quoted'
ORDER BY last_seen DESC, source_path, source_line
