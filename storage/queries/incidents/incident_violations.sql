-- one row per agent and policy that was violated in the last days: how often, first and last
WITH violations AS (
    SELECT agent, coalesce(subject, kind) AS policy, "at"
    FROM events
    WHERE kind IN ('governance.violation', 'policy_violation')
    UNION ALL
    SELECT
        findings.agent, coalesce(findings.evidence ->> 'tool', 'scope'), coalesce(runs.started_at, findings.found_at)
    FROM findings LEFT JOIN runs USING (run_id)
    WHERE findings.failure_class = 'boundary violation' AND runs.golden_set IS NULL
)
SELECT agent, policy, count(*) AS times, min("at") AS first_at, max("at") AS last_at
FROM violations
WHERE agent IS NOT NULL AND "at" <= $now AND "at" > $since
GROUP BY ALL
ORDER BY agent, policy
