-- one row per task that was tried before at these tasks: its last twenty decided trials in other golden runs
SELECT task_id, count(*) FILTER (outcome = 'pass') AS passed, count(*) AS n
FROM (
    SELECT
        task_id, outcome,
        row_number() OVER (PARTITION BY task_id ORDER BY started_at DESC, golden_run, trial DESC) AS age
    FROM golden_trials
    WHERE set_digest = $set_digest AND agent = $agent AND golden_run <> $golden_run AND outcome IN ('pass', 'fail')
        AND golden_run NOT IN (SELECT golden_run FROM golden_runs WHERE state = 'variant')
)
WHERE age <= 20
GROUP BY task_id
ORDER BY task_id
