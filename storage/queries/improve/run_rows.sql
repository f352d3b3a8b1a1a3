-- one row per run of the given ids, newest first, with its score on success (human before judge before check)
SELECT r.run_id, r.task_id, r.outcome, r.started_at, r.human_turns, r.tool_calls,
       (SELECT s.score FROM scores s WHERE s.run_id = r.run_id AND s.dimension = 'success'
        ORDER BY list_position(['human', 'judge', 'check'], s.scorer_kind), s.score_id LIMIT 1) AS score
FROM runs r WHERE r.run_id IN (SELECT unnest($runs))
ORDER BY r.started_at DESC NULLS LAST, r.run_id
