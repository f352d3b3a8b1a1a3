-- one row: an agent's runs in some time, and those of them that a change would touch
SELECT count(*) AS runs, count(*) FILTER (run_id IN (SELECT unnest($runs))) AS touched
FROM runs
WHERE agent = $agent AND golden_set IS NULL AND started_at >= $start AND started_at < $end
