-- one row per agent with runs in the last days: how many broke off (hard), or the platform broke (infra), and earlier
-- Only runs after the agent's last incident was closed are recent: what was dealt with is no new burst.
WITH cleared AS (
    SELECT agent, max(closed_at) AS closed_at FROM incidents WHERE state = 'closed' GROUP BY agent
),
judged AS (
    SELECT
        runs.agent, runs.run_id, runs.started_at,
        runs.started_at >= $recent AND runs.started_at > coalesce(cleared.closed_at, '-infinity'::TIMESTAMPTZ) AS is_recent,
        runs.outcome = 'infrastructure_error' AS is_infra,
        runs.outcome <> 'infrastructure_error' AND EXISTS (
            SELECT 1 FROM findings WHERE findings.run_id = runs.run_id AND findings.failure_class = 'hard failure'
        ) AS is_hard
    FROM runs LEFT JOIN cleared USING (agent)
    WHERE runs.golden_set IS NULL AND runs.agent IS NOT NULL AND runs.started_at > $history AND runs.started_at <= $now
)
SELECT
    agent,
    count(*) FILTER (is_recent) AS n,
    count(*) FILTER (is_recent AND is_hard) AS hard,
    count(*) FILTER (is_recent AND is_infra) AS infra,
    count(*) FILTER (started_at < $recent) AS n_before,
    count(*) FILTER (started_at < $recent AND is_hard) AS hard_before,
    count(*) FILTER (started_at < $recent AND is_infra) AS infra_before,
    max(started_at) FILTER (is_recent AND is_hard) AS hard_to,
    max(started_at) FILTER (is_recent AND is_infra) AS infra_to
FROM judged
GROUP BY agent
HAVING count(*) FILTER (is_recent AND (is_hard OR is_infra)) > 0
ORDER BY agent
