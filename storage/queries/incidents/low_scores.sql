-- one row per run that is due whose source gives no verdict and whose success a person or a judge scored 2 or less
SELECT r.run_id, r.agent, r.task_id, s.score, s.scorer_kind
FROM runs r JOIN due_runs d USING (run_id) JOIN scores s USING (run_id)
WHERE s.dimension = 'success' AND s.scorer_kind <> 'check' AND r.outcome IN ('success', 'unknown')
QUALIFY row_number() OVER (
    PARTITION BY r.run_id
    ORDER BY CASE s.scorer_kind WHEN 'human' THEN 1 ELSE 2 END, s.scored_at DESC NULLS LAST, s.score_id) = 1
    AND s.score <= 2
ORDER BY r.run_id
