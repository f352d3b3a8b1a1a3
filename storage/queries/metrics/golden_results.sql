-- one row per decided golden trial of an agent, of runs that ended: set and version, task, time, score, pass or not
-- A trial without a score of that dimension counts by whether it passed, for success alone.
WITH scored AS (
    SELECT run_id, arg_min(score, CASE scorer_kind WHEN 'human' THEN 1 WHEN 'judge' THEN 2 ELSE 3 END) AS score
    FROM scores
    WHERE dimension = $dimension AND run_id IS NOT NULL
    GROUP BY run_id
)
SELECT
    golden_set || ' ' || set_digest AS golden_set, task_id, started_at, score,
    if($dimension = 'success', (outcome = 'pass')::INT, NULL) AS passed
FROM golden_trials LEFT JOIN scored USING (run_id)
WHERE agent = $agent AND outcome IN ('pass', 'fail')
    AND golden_run NOT IN (SELECT golden_run FROM golden_runs WHERE state IN ('running', 'variant'))
ORDER BY ALL
