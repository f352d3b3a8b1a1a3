-- one row per kind of failure (fingerprint) that was seen for the first time in the week
SELECT
    fingerprint, arg_min(failure_class, "at") AS failure_class, arg_min(detector, "at") AS detector,
    arg_min(evidence ->> 'tool', "at") AS tool, arg_min(evidence ->> 'text', "at") AS detail,
    arg_min(coalesce(agent, '(no agent)'), "at") AS agent, arg_min(task_id, "at") AS task_id, arg_min(source_file, "at") AS source_file,
    min("at") AS first_at, count(*) FILTER ("at" < $end) AS times, count(*) OVER () AS total
FROM (
    SELECT findings.*, runs.task_id, runs.source_file, coalesce(runs.started_at, findings.found_at) AS "at"
    FROM findings LEFT JOIN runs USING (run_id) WHERE runs.golden_set IS NULL
)
GROUP BY fingerprint
HAVING min("at") >= $start AND min("at") < $end
ORDER BY times DESC, first_at, fingerprint
LIMIT 10
