-- one row per finding of severity P1 in a run of the week
SELECT
    coalesce(findings.agent, '(no agent)') AS agent, findings.failure_class, findings.severity, findings.detector,
    findings.evidence ->> 'tool' AS tool, findings.evidence ->> 'text' AS detail,
    findings.run_id, runs.source_file, runs.task_id, coalesce(runs.started_at, findings.found_at) AS "at",
    count(*) OVER () AS total
FROM findings LEFT JOIN runs USING (run_id)
WHERE findings.severity LIKE 'P1%' AND runs.golden_set IS NULL
    AND coalesce(runs.started_at, findings.found_at) >= $start
    AND coalesce(runs.started_at, findings.found_at) < $end
ORDER BY "at", findings.finding_id
LIMIT 10
