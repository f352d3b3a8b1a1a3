-- one row per run, the five that cost most
SELECT
    coalesce(agent, '(no agent)') AS agent, run_id, source_file, task_id, started_at, model,
    cost_usd, cost_source, model_calls, input_tokens, output_tokens
FROM runs
WHERE cost_usd > 0 AND golden_set IS NULL
    AND ((started_at >= $start AND started_at < $end) OR ($untimed AND started_at IS NULL))
ORDER BY cost_usd DESC, run_id
LIMIT 5
