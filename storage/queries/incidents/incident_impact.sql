-- one row: an agent's runs in a time, how many failed, and how many the platform broke, with their cost
SELECT
    count(*) AS runs, count(*) FILTER (outcome = 'failure') AS failed,
    count(*) FILTER (outcome = 'infrastructure_error') AS broken, sum(cost_usd) AS cost_usd
FROM runs
WHERE agent = $agent AND golden_set IS NULL AND started_at >= $start AND started_at <= $end
