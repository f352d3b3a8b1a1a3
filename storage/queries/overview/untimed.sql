-- one row: runs that no period holds, as their source has no time for them
SELECT count(*) AS runs
FROM runs
WHERE started_at IS NULL AND golden_set IS NULL AND ($agent::VARCHAR IS NULL OR lower(agent) = lower($agent))
