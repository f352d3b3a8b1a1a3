-- one row per change that was measured as worse and whose rollback was neither proposed nor found impossible, and how
SELECT changes.change_id, experiments.*
FROM changes JOIN experiments ON experiments.subject = changes.change_id AND experiments.verdict = 'worse'
WHERE changes.kind <> 'rollback' AND changes.change_id NOT IN (
    SELECT subject FROM events WHERE kind IN ('rollback_proposed', 'rollback_impossible')
)
QUALIFY row_number() OVER (PARTITION BY changes.change_id ORDER BY experiments.made_at, experiments.method) = 1
ORDER BY experiments.made_at, changes.change_id
