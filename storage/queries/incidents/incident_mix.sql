-- one row per task type of an agent, before and since a moment: how many runs
SELECT task_type, started_at >= $begun AS is_since, count(*) AS runs
FROM runs
WHERE agent = $agent AND golden_set IS NULL AND started_at >= $start AND started_at <= $end
GROUP BY ALL
ORDER BY ALL
