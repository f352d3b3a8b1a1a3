-- one row per tool of an agent whose schema was found to have changed in a time
SELECT findings.evidence ->> 'tool' AS tool, min(coalesce(runs.started_at, findings.found_at)) AS "at"
FROM findings LEFT JOIN runs USING (run_id)
WHERE findings.agent = $agent AND findings.failure_class = 'tool-schema drift'
    AND coalesce(runs.started_at, findings.found_at) >= $start AND coalesce(runs.started_at, findings.found_at) <= $end
GROUP BY ALL
ORDER BY "at", tool
