-- one row per run that the detectors have not seen as it is now, with its scores
WITH low AS (
    SELECT run_id, count(*) AS low_scores
    FROM scores
    WHERE dimension = 'success' AND score <= 2 AND scorer_kind <> 'check' AND run_id IS NOT NULL
    GROUP BY run_id
)
SELECT r.run_id, r.tool_calls, r.outcome, r.ended_by, r.agent, $detectors AS detectors, coalesce(low.low_scores, 0) AS low_scores
FROM runs r LEFT JOIN examined_runs e USING (run_id) LEFT JOIN low USING (run_id)
WHERE e.run_id IS NULL
   OR (e.tool_calls, e.outcome, e.detectors, e.low_scores) IS DISTINCT FROM
      (r.tool_calls, r.outcome, $detectors, coalesce(low.low_scores, 0))
   OR e.ended_by IS DISTINCT FROM r.ended_by
   OR e.agent IS DISTINCT FROM r.agent
