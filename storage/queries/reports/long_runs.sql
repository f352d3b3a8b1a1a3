-- one row per run of the week with more steps than its agent's earlier runs of that task type led to expect
-- The bound is the conformal order statistic x[ceil((N + 1)(1 - a))] of the earlier runs, so a run like them is
-- beyond it with a chance of at most a: .05 from 19 earlier runs, .01 from 99; fewer give no bound.
WITH lengths AS (
    SELECT
        run_id, agent, task_type, task_id, source_file, started_at, ended_at,
        model_calls + tool_calls AS steps, started_at >= $start AS this_week
    FROM runs
    WHERE started_at >= $history AND started_at < $end AND golden_set IS NULL AND model_calls + tool_calls > 0
),
earlier AS (
    SELECT agent, task_type, count(*) AS n, list_sort(list(steps)) AS ordered
    FROM lengths
    WHERE NOT this_week
    GROUP BY agent, task_type
    HAVING count(*) >= 19
),
bounds AS (
    SELECT
        agent, task_type, n,
        ordered[ceil((n + 1) * CASE WHEN n >= 99 THEN 0.99 ELSE 0.95 END)::BIGINT] AS bound
    FROM earlier
)
SELECT
    coalesce(lengths.agent, '(no agent)') AS agent, lengths.run_id, lengths.source_file, lengths.task_id,
    lengths.task_type, lengths.steps, (epoch(lengths.ended_at) - epoch(lengths.started_at))::BIGINT AS seconds,
    bounds.bound, bounds.n, count(*) OVER () AS total
FROM lengths JOIN bounds
    ON lengths.agent IS NOT DISTINCT FROM bounds.agent AND lengths.task_type IS NOT DISTINCT FROM bounds.task_type
WHERE lengths.this_week AND lengths.steps > bounds.bound
ORDER BY lengths.steps / bounds.bound DESC, lengths.run_id
LIMIT 10
