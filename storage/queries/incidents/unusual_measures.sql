-- one row per run that is due and has more steps, or cost more, than the stated share of the agent's runs of that type
WITH measured AS (
    SELECT run_id, agent, task_type, 'steps' AS measure, steps::DOUBLE AS value FROM reference_runs WHERE steps > 0
    UNION ALL
    SELECT run_id, agent, task_type, 'cost_usd', cost_usd FROM reference_runs WHERE cost_usd > 0
),
due AS (
    SELECT run_id, agent, task_type, 'steps' AS measure, (model_calls + r.tool_calls)::DOUBLE AS value
    FROM runs r SEMI JOIN due_runs USING (run_id)
    WHERE golden_set IS NULL AND outcome <> 'infrastructure_error' AND model_calls + r.tool_calls > 0
    UNION ALL
    SELECT run_id, agent, task_type, 'cost_usd', cost_usd::DOUBLE
    FROM runs SEMI JOIN due_runs USING (run_id)
    WHERE golden_set IS NULL AND outcome <> 'infrastructure_error' AND cost_usd > 0
)
SELECT
    due.run_id, due.agent, due.task_type, due.measure, due.value, count(*) AS n, median(measured.value) AS median,
    count(*) FILTER (measured.value >= due.value) AS at_least
FROM due JOIN measured
    ON measured.agent = due.agent AND measured.task_type IS NOT DISTINCT FROM due.task_type
    AND measured.measure = due.measure AND measured.run_id <> due.run_id
GROUP BY ALL
HAVING 1 + count(*) FILTER (measured.value >= due.value) <= $rate * (count(*) + 1)
ORDER BY due.run_id, due.measure
