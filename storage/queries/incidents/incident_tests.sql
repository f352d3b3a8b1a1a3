-- one row per golden task of an incident, set as it was and config: its decided trials, of golden runs that ended
SELECT
    golden_trials.task_id, golden_trials.set_digest, golden_trials.config_commit,
    count(*) FILTER (outcome = 'pass') AS passed, count(*) FILTER (outcome = 'fail') AS failed,
    min(golden_trials.started_at) AS first_at, max(coalesce(golden_runs.ended_at, golden_trials.started_at)) AS last_at
FROM golden_trials JOIN golden_runs USING (golden_run)
WHERE golden_trials.agent = $agent AND list_contains($tasks, golden_trials.task_id) AND outcome IN ('pass', 'fail')
    AND golden_runs.state <> 'running' AND golden_trials.started_at <= $now AND golden_trials.config_commit IS NOT NULL
GROUP BY ALL
ORDER BY golden_trials.task_id, last_at
