-- one row: an agent's runs before and since a moment, and in how many a model or the platform failed
WITH judged AS (
    SELECT
        runs.started_at, runs.started_at >= $begun AS is_since,
        (
            SELECT min(model_calls.error_type) FROM model_calls
            WHERE model_calls.run_id = runs.run_id AND model_calls.error_type IS NOT NULL
        ) AS error_type,
        runs.outcome = 'infrastructure_error' AS is_infra
    FROM runs
    WHERE agent = $agent AND golden_set IS NULL AND started_at >= $start AND started_at <= $end
)
SELECT
    count(*) FILTER (is_since) AS n,
    count(*) FILTER (is_since AND (is_infra OR error_type IS NOT NULL)) AS broken,
    count(*) FILTER (NOT is_since) AS n_before,
    count(*) FILTER (NOT is_since AND (is_infra OR error_type IS NOT NULL)) AS broken_before,
    min(started_at) FILTER (is_since AND (is_infra OR error_type IS NOT NULL)) AS first_at,
    mode(error_type) FILTER (is_since) AS error_type
FROM judged
