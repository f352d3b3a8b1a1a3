-- one row per run, the five with most time between first and last record (waiting for people included)
SELECT
    coalesce(agent, '(no agent)') AS agent, run_id, source_file, task_id, started_at,
    (epoch(ended_at) - epoch(started_at))::BIGINT AS seconds, model_calls, tool_calls, human_turns, cost_usd
FROM runs
WHERE started_at >= $start AND started_at < $end AND ended_at > started_at AND golden_set IS NULL
ORDER BY seconds DESC, run_id
LIMIT 5
