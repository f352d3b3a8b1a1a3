-- one row per agent and local day with runs; golden runs are no work
SELECT coalesce(agent, '(no agent)') AS agent, timezone($zone, started_at)::DATE AS day, count(*) AS runs
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL
GROUP BY ALL
ORDER BY agent, day
