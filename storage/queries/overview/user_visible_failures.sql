-- one row per run that a user started and whose end is known: 1 where it did not succeed, whoever broke it
SELECT agent, NULL AS label, (outcome <> 'success')::DOUBLE AS value, 1 AS units
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND agent IS NOT NULL
    AND parent_run_id IS NULL AND outcome <> 'unknown'
