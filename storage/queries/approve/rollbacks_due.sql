-- one row per change that did harm and whose rollback was neither proposed nor found impossible: what was measured
SELECT due.subject AS change_id, experiments.*
FROM events AS due
JOIN changes ON changes.change_id = due.subject
JOIN experiments ON experiments.experiment_id = (due.payload ->> 'experiment_id')
WHERE due.kind = 'rollback_due'
    AND due.subject NOT IN (SELECT subject FROM events WHERE kind IN ('rollback_proposed', 'rollback_impossible'))
ORDER BY due.at, change_id
