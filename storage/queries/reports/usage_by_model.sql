-- one row per model that answered in a period: calls, tokens, cost
SELECT
    coalesce(calls.model, '(not recorded)') AS model,
    count(*) AS calls,
    count(DISTINCT calls.run_id) AS runs,
    count(*) FILTER (calls.error_type IS NOT NULL) AS errors,
    sum(calls.input_tokens)::BIGINT AS input_tokens,
    sum(calls.output_tokens)::BIGINT AS output_tokens,
    sum(calls.cost_usd) AS cost_usd,
    count(*) FILTER (calls.cost_source = 'missing') AS cost_missing
FROM model_calls AS calls JOIN runs USING (run_id)
WHERE runs.golden_set IS NULL
    AND ((runs.started_at >= $start AND runs.started_at < $end) OR ($untimed AND runs.started_at IS NULL))
GROUP BY 1
ORDER BY cost_usd DESC NULLS LAST, calls DESC, model
LIMIT 15
