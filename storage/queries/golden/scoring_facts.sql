-- one row per decided trial of a golden run that became a run: what the rubric needs of it
-- Turns of a human and tools are known where a transcript was read; the history is of passed trials in other golden runs.
WITH asked AS (
    SELECT run_id, count(*) AS times
    FROM tool_calls
    WHERE list_contains($asking_tools, tool_name)
    GROUP BY run_id
),
history AS (
    SELECT
        task_id, count(*) AS history, median(wall_ms) / 1000 AS median_seconds,
        median(cost_usd::DOUBLE) AS median_cost_usd
    FROM golden_trials
    WHERE outcome = 'pass' AND golden_run <> $golden_run
        AND golden_run NOT IN (SELECT golden_run FROM golden_runs WHERE state = 'variant') AND (set_digest, agent) IN (
        SELECT (set_digest, agent) FROM golden_runs WHERE golden_run = $golden_run
    )
    GROUP BY task_id
)
SELECT
    trials.task_id, trials.trial, trials.run_id, trials.agent, trials.outcome, trials.checks, trials.started_at,
    if(trials.tool_calls IS NULL, NULL, greatest(0, runs.human_turns - trials.human_turns) + coalesce(times, 0)) AS helped,
    trials.wall_ms / 1000 AS wall_seconds, trials.cost_usd::DOUBLE AS cost_usd,
    coalesce(history, 0) AS history, median_seconds, median_cost_usd
FROM golden_trials AS trials
JOIN runs ON runs.run_id = trials.run_id
LEFT JOIN asked ON asked.run_id = trials.run_id
LEFT JOIN history ON history.task_id = trials.task_id
WHERE trials.golden_run = $golden_run AND trials.outcome IN ('pass', 'fail')
ORDER BY trials.position
