-- one row per change that was applied in the period, rollbacks apart: 1 where it was rolled back or measured as worse
WITH failed AS (
    -- a rollback begins where the change ended: the same path, and the bytes that the change had put there
    SELECT changes.change_id, 'rolled back' AS why
    FROM changes
        JOIN proposal_files AS made USING (proposal_id)
        JOIN proposal_files AS undone ON undone.path = made.path AND undone.old_blob = made.new_blob
        JOIN changes AS later ON later.proposal_id = undone.proposal_id
    WHERE later.kind = 'rollback' AND later.applied_at >= changes.applied_at
    UNION ALL
    SELECT subject, 'measured worse' FROM experiments WHERE verdict = 'worse'
)
SELECT agent, max(why) AS label, (count(why) > 0)::INT::DOUBLE AS value, 1 AS units
FROM changes LEFT JOIN failed USING (change_id)
WHERE applied_at >= $start AND applied_at < $end AND kind <> 'rollback'
GROUP BY change_id, agent
