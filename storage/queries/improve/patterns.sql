-- one row per agent and kind of failure, over all runs; the kind with most runs first
-- A session with its subagents is one session; golden runs are no work. `only_source` is the file that has all its runs, NULL where several do.
SELECT f.agent, f.fingerprint, min(f.failure_class) AS failure_class,
       min(f.evidence ->> 'tool') AS tool, min(f.evidence ->> 'error_type') AS error_type,
       coalesce(min(f.evidence ->> 'text'), '') AS text,
       count(DISTINCT f.run_id) AS runs, count(DISTINCT coalesce(r.parent_run_id, f.run_id)) AS sessions,
       if(count(DISTINCT r.source_file) = 1, min(r.source_file), NULL) AS only_source,
       sum((f.evidence ->> 'count')::BIGINT)::BIGINT AS count,
       min(r.started_at) AS first_at, max(r.started_at) AS last_at
FROM findings f LEFT JOIN runs r USING (run_id)
WHERE f.agent IS NOT NULL AND r.golden_set IS NULL
GROUP BY f.agent, f.fingerprint
ORDER BY runs DESC, f.agent, f.fingerprint
