-- one row per dimension of an agent in some days: the scores that count, each with its task and its kind of task
-- `overall` is the mean of the three dimensions, over what was scored on all three.
WITH chosen AS (
    SELECT unit, dimension, score, scored_task, task_kind
    FROM counted_scores($first_day, $after_day)
    WHERE agent = $agent
),
complete AS (
    SELECT
        unit, 'overall' AS dimension, (sum(score) / 3)::DECIMAL(18, 9) AS score, any_value(scored_task) AS scored_task,
        any_value(task_kind) AS task_kind
    FROM chosen
    WHERE dimension IN ('success', 'autonomy', 'efficiency')
    GROUP BY unit
    HAVING count(*) = 3
)
SELECT
    dimension,
    list({'task': scored_task, 'kind': coalesce(task_kind, ''), 'score': score::DOUBLE} ORDER BY unit, score) AS scores
FROM (FROM chosen UNION ALL FROM complete)
GROUP BY dimension
