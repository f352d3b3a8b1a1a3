-- one row per applied change that still stands (1), rollbacks apart, and one per agent with a run (0)
WITH taken_back AS (
    SELECT changes.change_id
    FROM changes
        JOIN proposal_files AS made USING (proposal_id)
        JOIN proposal_files AS undone ON undone.path = made.path AND undone.old_blob = made.new_blob
        JOIN changes AS later ON later.proposal_id = undone.proposal_id
    WHERE later.kind = 'rollback' AND later.applied_at >= changes.applied_at
)
SELECT agent, kind AS label, 1.0::DOUBLE AS value, 1 AS units
FROM changes ANTI JOIN taken_back USING (change_id)
WHERE applied_at >= $start AND applied_at < $end AND kind <> 'rollback'
UNION ALL
SELECT DISTINCT agent, NULL, 0.0, 1
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND agent IS NOT NULL
