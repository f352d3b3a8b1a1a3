-- one row per run of the week that another agent did than the one expected
SELECT agent, expected_agent, run_id, source_file, task_id, started_at, count(*) OVER () AS total
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND expected_agent <> agent
ORDER BY started_at, run_id
LIMIT 10
