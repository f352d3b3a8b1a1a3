-- one row per agent and task type: runs of a time, and how many cost more than the 99 % order statistic of earlier ones
-- `earlier` are the runs from $history to $before; those of the time are from $start on, after the last closed incident.
WITH priced AS (
    SELECT run_id, agent, task_type, started_at, cost_usd
    FROM runs
    WHERE golden_set IS NULL AND agent IS NOT NULL AND cost_usd >= 0 AND cost_source <> 'missing'
        AND started_at > $history AND started_at <= $now
),
earlier AS (
    SELECT
        agent, task_type, count(*) AS n_before, ceil((count(*) + 1) * 0.99)::BIGINT AS rank,
        list_sort(list(cost_usd))[ceil((count(*) + 1) * 0.99)::BIGINT] AS bound
    FROM priced
    WHERE started_at < $before
    GROUP BY ALL
    HAVING count(*) >= 99
),
cleared AS (
    SELECT agent, max(closed_at) AS closed_at FROM incidents WHERE state = 'closed' GROUP BY agent
)
SELECT
    priced.agent, priced.task_type, n_before, rank, bound, count(*) AS n,
    count(*) FILTER (cost_usd > bound) AS beyond,
    max(started_at) FILTER (cost_usd > bound) AS last_at
FROM priced JOIN earlier
    ON earlier.agent = priced.agent AND earlier.task_type IS NOT DISTINCT FROM priced.task_type
LEFT JOIN cleared ON cleared.agent = priced.agent
WHERE started_at >= $start AND started_at > coalesce(cleared.closed_at, '-infinity'::TIMESTAMPTZ)
GROUP BY ALL
ORDER BY priced.agent, priced.task_type
