-- one row per kind of failure of an agent that recurs in its runs since a moment, most runs first: what its fix is of
SELECT
    findings.fingerprint, min(findings.failure_class) AS failure_class, min(findings.evidence ->> 'tool') AS tool,
    count(DISTINCT findings.run_id) AS runs, min(runs.started_at) AS first_at
FROM findings JOIN runs USING (run_id)
WHERE findings.agent = $agent AND runs.golden_set IS NULL AND runs.started_at >= $since AND runs.started_at <= $now
    AND ($minor OR findings.severity < 'P3')
GROUP BY findings.fingerprint
HAVING count(DISTINCT findings.run_id) >= $least
ORDER BY runs DESC, findings.fingerprint
