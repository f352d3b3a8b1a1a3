-- one row per agent with lines of its daily logs: how many are kept, replaced, quoted, and wait for a second day
SELECT
    agent,
    count(*) FILTER (state = 'kept') AS kept,
    count(*) FILTER (state = 'superseded') AS superseded,
    count(*) FILTER (state IN ('stale', 'full')) AS pruned,
    count(*) FILTER (state = 'noted') AS noted,
    count(*) FILTER (state = 'quoted') AS quoted,
    count(*) FILTER (state = 'secret') AS secret,
    count(*) FILTER (state = 'worded') AS worded
FROM memory_lines
GROUP BY agent
ORDER BY agent
