-- one row per agent and class of failure that no golden draft was asked for yet: the gravest run that is due shows it
SELECT
    f.agent, f.failure_class, arg_min(f.run_id, (f.severity, f.run_id)) AS run_id,
    arg_min(f.finding_id, (f.severity, f.run_id)) AS finding_id
FROM findings f SEMI JOIN due_runs USING (run_id) JOIN runs r USING (run_id)
WHERE f.agent IS NOT NULL AND r.golden_set IS NULL AND r.outcome <> 'infrastructure_error'
    AND NOT EXISTS (
        SELECT 1 FROM events e
        WHERE e.kind = 'golden_draft_due' AND e.agent = f.agent AND (e.payload ->> 'failure_class') = f.failure_class
    )
GROUP BY f.agent, f.failure_class
ORDER BY f.agent, f.failure_class
