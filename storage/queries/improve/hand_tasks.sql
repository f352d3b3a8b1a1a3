-- one row per run that a person began, with the first thing they asked; no golden runs, trials of benchmarks or subagents
SELECT r.run_id, r.agent, r.task_type, r.started_at, r.source_file, r.human_turns, m.text
FROM runs r
JOIN (
    SELECT run_id, left(arg_min(text, seq), 2000) AS text FROM messages WHERE is_human AND text IS NOT NULL GROUP BY run_id
) m USING (run_id)
WHERE r.agent IS NOT NULL AND r.parent_run_id IS NULL AND r.golden_set IS NULL AND r.trial IS NULL
  AND r.started_at >= $start AND r.started_at < $end
ORDER BY r.started_at DESC, r.run_id
LIMIT 20000
