-- one row per route with messages that were given up, or that failed and will be tried again
SELECT
    route, count(*) FILTER (state = 'dead') AS dead, count(*) FILTER (state = 'waiting' AND attempts > 0) AS retried,
    arg_max(error, coalesce(ended_at, due_at)) AS last_error
FROM outbox
WHERE state = 'dead' OR (state = 'waiting' AND attempts > 0)
GROUP BY route
ORDER BY route
