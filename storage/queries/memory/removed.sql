-- one row per text that a person took out of an agent's MEMORY.md, which is not put back
SELECT DISTINCT text
FROM memory_lines
WHERE agent = $agent AND state = 'removed' AND text IS NOT NULL
