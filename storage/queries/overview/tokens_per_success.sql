-- one row per run with a verdict and recorded tokens: its tokens, cached ones included, and whether it succeeded
SELECT
    agent, NULL AS label, (input_tokens + output_tokens)::DOUBLE AS value, (outcome = 'success')::INT AS units
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND agent IS NOT NULL
    AND outcome IN ('success', 'failure') AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL
