-- one row per run: 1 where its agent, times, model calls, tokens and tool results are all recorded; else what is missing
WITH unanswered AS (
    SELECT DISTINCT run_id FROM tool_calls WHERE is_error IS NULL
)
SELECT
    agent,
    CASE
        WHEN agent IS NULL THEN 'no agent'
        WHEN ended_at IS NULL THEN 'no end'
        WHEN model_calls = 0 THEN 'no model call'
        WHEN input_tokens IS NULL OR output_tokens IS NULL THEN 'no tokens'
        WHEN unanswered.run_id IS NOT NULL THEN 'no tool result'
    END AS label,
    (label IS NULL)::INT::DOUBLE AS value, 1 AS units
FROM runs LEFT JOIN unanswered USING (run_id)
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL
