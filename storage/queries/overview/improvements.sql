-- one row per applied change that still stands (1), rollbacks apart, and one per agent with a run (0)
WITH rollbacks AS (
    SELECT proposals.document
    FROM changes JOIN proposals USING (proposal_id)
    WHERE changes.kind = 'rollback'
)
SELECT agent, kind AS label, 1.0::DOUBLE AS value, 1 AS units
FROM changes ANTI JOIN rollbacks ON contains(rollbacks.document, 'proposal ' || changes.proposal_id || '.')
WHERE applied_at >= $start AND applied_at < $end AND kind <> 'rollback'
UNION ALL
SELECT DISTINCT agent, NULL, 0.0, 1
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND agent IS NOT NULL
