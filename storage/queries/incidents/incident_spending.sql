-- one row per limit on money that was passed: an agent's local day, or (agent NULL) everybody's month, and with which call
-- `most` has agents' own limits a day, $agent_day is of the others, $month of the organisation; NULL: no limit.
WITH most AS (
    SELECT unnest($agents::VARCHAR[]) AS agent, unnest($limits::VARCHAR[])::DECIMAL(18, 9) AS limit_usd
),
spent AS (
    SELECT
        cost_entries.agent, "at", strftime(timezone($zone, "at"), '%Y-%m-%d') AS day,
        strftime(timezone($zone, "at"), '%Y-%m') AS month,
        coalesce(most.limit_usd, $agent_day::DECIMAL(18, 9)) AS limit_usd,
        sum(cost_usd) OVER (
            PARTITION BY cost_entries.agent, timezone($zone, "at")::DATE ORDER BY "at", call_id
        ) AS day_usd,
        sum(cost_usd) OVER (PARTITION BY date_trunc('month', timezone($zone, "at")) ORDER BY "at", call_id) AS month_usd
    FROM cost_entries LEFT JOIN most ON most.agent = cost_entries.agent
    WHERE "at" >= $start AND "at" <= $now AND cost_usd IS NOT NULL
)
SELECT agent, day AS period, limit_usd, max(day_usd) AS spent_usd, min("at") AS passed_at
FROM spent
WHERE agent IS NOT NULL AND day_usd > limit_usd
GROUP BY ALL
UNION ALL
SELECT NULL, month, $month::DECIMAL(18, 9), max(month_usd), min("at")
FROM spent
WHERE month_usd > $month::DECIMAL(18, 9)
GROUP BY ALL
ORDER BY passed_at, period
