-- one row per run of an agent in a time: 1 where the platform broke it ($infra), or where it broke off (else)
SELECT
    started_at AS "at",
    CASE
        WHEN $infra THEN outcome = 'infrastructure_error'
        ELSE outcome <> 'infrastructure_error' AND EXISTS (
            SELECT 1 FROM findings WHERE findings.run_id = runs.run_id AND findings.failure_class = 'hard failure'
        )
    END::INT AS value
FROM runs
WHERE agent = $agent AND golden_set IS NULL AND started_at > $start AND started_at <= $end
ORDER BY started_at, run_id
