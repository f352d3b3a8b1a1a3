-- one row per agent, local day and moment at which money was spent: the sum of the agent's day so far, and of the month
SELECT
    agent, timezone($zone, "at")::DATE AS day, "at",
    sum(cost_usd) OVER (PARTITION BY agent, timezone($zone, "at")::DATE ORDER BY "at", call_id) AS day_usd,
    sum(cost_usd) OVER (PARTITION BY date_trunc('month', timezone($zone, "at")) ORDER BY "at", call_id) AS month_usd
FROM cost_entries
WHERE "at" >= $start AND "at" <= $now AND cost_usd IS NOT NULL
ORDER BY "at", call_id
