-- one row per agent and kind of failure seen twice or more, last in the week; with its proposal where there is one
SELECT
    coalesce(agent, '(no agent)') AS agent, fingerprint, any_value(failure_class) AS failure_class,
    any_value(detector) AS detector, arg_max(evidence ->> 'tool', "at") AS tool,
    arg_max(evidence ->> 'text', "at") AS detail, count(*) AS times, min("at") AS first_at, max("at") AS last_at,
    arg_max(task_id, "at") AS task_id, arg_max(source_file, "at") AS source_file,
    (
        SELECT arg_max(state, created_at) FROM proposals
        WHERE proposals.fingerprint = dated.fingerprint AND proposals.agent = dated.agent
    ) AS proposal_state,
    count(*) OVER () AS total
FROM (
    SELECT findings.*, runs.task_id, runs.source_file, coalesce(runs.started_at, findings.found_at) AS "at"
    FROM findings LEFT JOIN runs USING (run_id) WHERE runs.golden_set IS NULL
) AS dated
WHERE "at" < $end
GROUP BY dated.agent, dated.fingerprint
HAVING count(*) >= 2 AND max("at") >= $start
ORDER BY times DESC, last_at DESC, fingerprint
LIMIT 10
