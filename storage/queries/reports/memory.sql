-- one row per commit of memory in a period: whose MEMORY.md it was, and the rows that came and went
SELECT agent, subject AS "commit", "at", CAST(payload -> 'diff' AS VARCHAR[]) AS diff
FROM events
WHERE kind = 'memory_consolidated' AND "at" >= $start AND "at" < $end
ORDER BY agent, "at"
