-- one row per run that is due and cost more than one task may; $limit_usd NULL: there is no limit
SELECT run_id, runs.agent, cost_usd, $limit_usd::DOUBLE AS limit_usd
FROM runs SEMI JOIN due_runs USING (run_id)
WHERE cost_usd > $limit_usd::DOUBLE
ORDER BY run_id
