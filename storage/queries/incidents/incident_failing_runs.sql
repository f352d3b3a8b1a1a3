-- one row per run of an agent since a moment that failed and whose request is recorded: one of each kind of failure first
WITH failing AS (
    SELECT
        runs.run_id, runs.started_at, min(findings.severity) AS severity,
        arg_min(findings.fingerprint, findings.severity) AS fingerprint
    FROM runs JOIN findings USING (run_id)
    WHERE runs.agent = $agent AND runs.golden_set IS NULL AND runs.started_at >= $since AND runs.started_at <= $now
        AND EXISTS (
            SELECT 1 FROM messages
            WHERE messages.run_id = runs.run_id AND (is_human OR role = 'user') AND text IS NOT NULL
        )
    GROUP BY ALL
)
SELECT run_id, fingerprint, row_number() OVER (PARTITION BY fingerprint ORDER BY started_at) AS turn
FROM failing
ORDER BY turn, severity, started_at, run_id
LIMIT $most
