-- one row per decided trial of the golden pairs of a change: with it or not, what it took, and its scores
WITH pairs AS (
    SELECT payload FROM events WHERE kind = 'golden_pair_ended' AND subject = $change_id
),
sides AS (
    SELECT payload ->> 'with' AS golden_run, true AS with_change FROM pairs
    UNION ALL
    SELECT payload ->> 'without', false FROM pairs
),
scored AS (
    SELECT
        run_id, dimension,
        arg_min(score::DOUBLE, CASE scorer_kind WHEN 'human' THEN 1 WHEN 'judge' THEN 2 ELSE 3 END) AS score
    FROM scores
    WHERE run_id IN (SELECT run_id FROM golden_trials WHERE golden_run IN (SELECT golden_run FROM sides))
    GROUP BY ALL
),
wide AS (
    SELECT
        run_id, any_value(score) FILTER (dimension = 'success') AS success,
        any_value(score) FILTER (dimension = 'autonomy') AS autonomy,
        any_value(score) FILTER (dimension = 'efficiency') AS efficiency
    FROM scored
    GROUP BY run_id
)
SELECT
    trials.golden_set, trials.golden_set || ' ' || trials.set_digest || ' ' || trials.task_id AS task,
    sides.with_change, (trials.outcome = 'pass')::INT AS passed, trials.wall_ms / 1000 AS seconds,
    runs.input_tokens + runs.output_tokens AS tokens, wide.success, wide.autonomy, wide.efficiency,
    (wide.success + wide.autonomy + wide.efficiency) / 3 AS overall, golden_runs.seed, golden_runs.ended_at,
    trials.config_commit
FROM golden_trials AS trials
JOIN sides USING (golden_run)
JOIN golden_runs USING (golden_run)
LEFT JOIN runs ON runs.run_id = trials.run_id
LEFT JOIN wide ON wide.run_id = trials.run_id
WHERE trials.outcome IN ('pass', 'fail')
ORDER BY task, with_change, trials.trial
