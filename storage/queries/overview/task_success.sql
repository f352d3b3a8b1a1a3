-- one row per run with a verdict, 1 for success; and of an agent whose runs have none, one per scored task, 1 from 4 up.
-- Not both of one agent: a score in a table need not name its run, so the task would count twice.
WITH verdicts AS (
    SELECT agent, outcome
    FROM runs
    WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND agent IS NOT NULL
        AND outcome IN ('success', 'failure')
)
SELECT agent, 'by verdict' AS label, (outcome = 'success')::DOUBLE AS value, 1 AS units
FROM verdicts
UNION ALL
SELECT counted.agent, 'by score' AS label, (counted.score >= 4)::DOUBLE AS value, 1 AS units
FROM counted_scores($start::DATE - 1, $end::DATE + 2) AS counted
    LEFT JOIN runs ON runs.run_id = counted.unit
    ANTI JOIN verdicts ON verdicts.agent = counted.agent
WHERE counted.dimension = 'success'
    AND coalesce(runs.started_at, timezone($zone, counted.day + INTERVAL 12 HOUR)) >= $start
    AND coalesce(runs.started_at, timezone($zone, counted.day + INTERVAL 12 HOUR)) < $end
