-- one row per run that the runs that are due (staged as due_runs) are compared with: of each agent the latest of those
-- examined before; where these are too few to tell anything, of all its runs, then each is compared with the others
CREATE OR REPLACE TEMP TABLE reference_runs AS
WITH own AS (
    SELECT
        r.run_id, r.agent, r.task_type, r.started_at, r.model_calls + r.tool_calls AS steps,
        r.cost_usd::DOUBLE AS cost_usd, d.run_id IS NOT NULL AS is_due,
        count(*) FILTER (d.run_id IS NULL) OVER (PARTITION BY r.agent) AS before
    FROM runs r LEFT JOIN due_runs d USING (run_id)
    WHERE r.agent IN (SELECT agent FROM due_runs) AND r.golden_set IS NULL AND r.outcome <> 'infrastructure_error'
)
SELECT run_id, agent, task_type, started_at, steps, cost_usd, is_due
FROM own
WHERE NOT is_due OR before < $least
QUALIFY row_number() OVER (PARTITION BY agent ORDER BY started_at DESC NULLS LAST, run_id) <= $most
