-- one row per SLO: its newest status with events, and since which evaluation it has been out of bounds, or back in them
WITH seen AS (
    SELECT *, exhausted OR alert = 'page' AS is_out
    FROM slo_status
    WHERE evaluated_at <= $now AND evaluated_at > $now - INTERVAL 120 DAY AND total > 0
    QUALIFY row_number() OVER (PARTITION BY slo, agent, workflow, evaluated_at ORDER BY computed_at DESC) = 1
),
newest AS (
    SELECT * FROM seen QUALIFY row_number() OVER (PARTITION BY slo, agent, workflow ORDER BY evaluated_at DESC) = 1
),
turned AS (
    SELECT seen.slo, seen.agent, seen.workflow, max(seen.evaluated_at) AS turned_at
    FROM seen JOIN newest
        ON seen.slo = newest.slo AND seen.agent IS NOT DISTINCT FROM newest.agent
        AND seen.workflow IS NOT DISTINCT FROM newest.workflow
    WHERE seen.is_out <> newest.is_out
    GROUP BY ALL
)
SELECT
    newest.slo, newest.agent, newest.workflow, newest.indicator, newest.window_start, newest.evaluated_at, newest.target,
    newest.budget_spent, newest.total, newest.good, newest.alert, newest.rule, newest.exhausted, newest.is_out,
    newest.label,
    (
        SELECT min(seen.evaluated_at) FROM seen
        WHERE seen.slo = newest.slo AND seen.agent IS NOT DISTINCT FROM newest.agent
            AND seen.workflow IS NOT DISTINCT FROM newest.workflow
            AND seen.evaluated_at > coalesce(turned.turned_at, '-infinity'::TIMESTAMPTZ)
    ) AS since
FROM newest LEFT JOIN turned
    ON turned.slo = newest.slo AND turned.agent IS NOT DISTINCT FROM newest.agent
    AND turned.workflow IS NOT DISTINCT FROM newest.workflow
ORDER BY newest.slo, newest.agent, newest.workflow
