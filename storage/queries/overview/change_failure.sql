-- one row per change that was applied in the period, rollbacks apart: 1 where it was rolled back or measured as worse
WITH rollbacks AS (
    SELECT proposals.document
    FROM changes JOIN proposals USING (proposal_id)
    WHERE changes.kind = 'rollback'
),
failed AS (
    SELECT change_id, 'rolled back' AS why
    FROM changes SEMI JOIN rollbacks ON contains(rollbacks.document, 'proposal ' || changes.proposal_id || '.')
    UNION ALL
    SELECT subject, 'measured worse' FROM experiments WHERE verdict = 'worse'
)
SELECT agent, max(why) AS label, (count(why) > 0)::INT::DOUBLE AS value, 1 AS units
FROM changes LEFT JOIN failed USING (change_id)
WHERE applied_at >= $start AND applied_at < $end AND kind <> 'rollback'
GROUP BY change_id, agent
