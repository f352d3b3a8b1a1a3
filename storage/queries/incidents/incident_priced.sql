-- one row per run of an agent and task type in a time whose cost is known: dollars
SELECT started_at AS "at", cost_usd AS value
FROM runs
WHERE agent = $agent AND task_type IS NOT DISTINCT FROM $task_type AND golden_set IS NULL AND cost_usd >= 0
    AND cost_source <> 'missing' AND started_at > $start AND started_at <= $end
ORDER BY started_at, run_id
