-- one row per kind of task among the twenty most frequent: 1 where a golden task that carries its name as a tag was run
WITH intents AS (
    SELECT task_type, count(*) AS runs
    FROM runs
    WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND task_type IS NOT NULL
        AND ($agent::VARCHAR IS NULL OR lower(agent) = lower($agent))
    GROUP BY task_type
    ORDER BY runs DESC, task_type
    LIMIT 20
),
tried AS (
    SELECT DISTINCT tag
    FROM golden_tags JOIN golden_trials USING (golden_set, task_id)
    WHERE $agent::VARCHAR IS NULL OR lower(golden_trials.agent) = lower($agent)
)
SELECT
    $agent::VARCHAR AS agent, if(tag IS NULL, 'no golden task for ' || task_type, NULL) AS label, (tag IS NOT NULL)::DOUBLE AS value, 1 AS units
FROM intents LEFT JOIN tried ON tried.tag = intents.task_type
