-- one row: how many runs of an agent in production the platform did not break since it broke one last, and the first
WITH own AS (
    SELECT started_at, outcome FROM runs
    WHERE agent = $agent AND golden_set IS NULL AND started_at >= $since AND started_at <= $now
),
last AS (
    SELECT coalesce(max(started_at), $since) AS broken_at FROM own WHERE outcome = 'infrastructure_error'
)
SELECT count(*) AS good, min(started_at) AS first_good_at
FROM own, last
WHERE own.started_at > last.broken_at
