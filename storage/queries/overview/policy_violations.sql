-- one row per event of a governance layer, 1 where it told of a violation, and per run that acted outside its scope (1)
SELECT
    agent, if(kind IN ('governance.violation', 'policy_violation'), 'governance', NULL) AS label,
    (kind IN ('governance.violation', 'policy_violation'))::DOUBLE AS value, 1 AS units
FROM events
WHERE (starts_with(kind, 'governance.') OR starts_with(kind, 'policy_')) AND "at" >= $start AND "at" < $end
UNION ALL
SELECT DISTINCT ON (run_id) runs.agent, 'boundary violation', 1.0, 1
FROM findings JOIN runs USING (run_id)
WHERE failure_class = 'boundary violation' AND runs.started_at >= $start AND runs.started_at < $end
    AND runs.golden_set IS NULL
