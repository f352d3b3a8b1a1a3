-- one row per run that shows a kind of failure, newest first, with its score on success (human before judge before check)
SELECT f.run_id, any_value(r.task_id) AS task_id, any_value(r.outcome) AS outcome, any_value(r.started_at) AS started_at,
       any_value(f.severity) AS severity, any_value(f.failure_class) AS failure_class,
       sum((f.evidence ->> 'count')::BIGINT)::BIGINT AS count,
       (SELECT s.score FROM scores s WHERE s.run_id = f.run_id AND s.dimension = 'success'
        ORDER BY list_position(['human', 'judge', 'check'], s.scorer_kind), s.score_id LIMIT 1) AS score
FROM findings f LEFT JOIN runs r USING (run_id)
WHERE r.golden_set IS NULL AND f.agent = $agent AND f.fingerprint IN (SELECT unnest($fingerprints))
GROUP BY f.run_id
ORDER BY started_at DESC NULLS LAST, f.run_id
LIMIT $at_most
