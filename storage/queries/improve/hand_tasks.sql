-- one row per run that a person began, with the first thing they asked; no golden runs, trials of benchmarks or subagents
WITH begun AS (
    SELECT * FROM runs
    WHERE agent IS NOT NULL AND parent_run_id IS NULL AND golden_set IS NULL AND trial IS NULL
      AND started_at >= $start AND started_at < $end
)
SELECT r.run_id, r.agent, r.task_type, r.started_at, r.source_file, r.human_turns, m.text
FROM begun r
JOIN (
    SELECT run_id, left(arg_min(text, seq), 2000) AS text FROM messages SEMI JOIN begun USING (run_id)
    WHERE is_human AND text IS NOT NULL
    GROUP BY run_id
) m USING (run_id)
ORDER BY r.started_at DESC, r.run_id
LIMIT 20000
