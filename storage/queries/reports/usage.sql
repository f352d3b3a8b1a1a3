-- one row per agent, and one with agent NULL for the whole fleet: runs, calls, tokens and cost of a period
-- Golden runs are no work.
SELECT
    CASE WHEN grouping(named) = 0 THEN named END AS agent,
    count(*) AS runs,
    count(*) FILTER (outcome = 'success') AS success,
    count(*) FILTER (outcome = 'failure') AS failure,
    count(*) FILTER (outcome = 'infrastructure_error') AS infrastructure_error,
    count(*) FILTER (outcome = 'unknown') AS unknown,
    coalesce(sum(model_calls), 0)::BIGINT AS model_calls,
    coalesce(sum(tool_calls), 0)::BIGINT AS tool_calls,
    coalesce(sum(tool_errors), 0)::BIGINT AS tool_errors,
    coalesce(sum(human_turns), 0)::BIGINT AS human_turns,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
    (sum(input_tokens) FILTER (cache_read_tokens IS NOT NULL))::BIGINT AS cacheable_tokens,
    sum(cost_usd) AS cost_usd,
    count(*) FILTER (cost_source = 'reported') AS cost_reported,
    count(*) FILTER (cost_source = 'priced') AS cost_priced,
    count(*) FILTER (cost_source = 'missing') AS cost_missing
FROM (
    SELECT *, coalesce(agent, '(no agent)') AS named
    FROM runs
    WHERE golden_set IS NULL
        AND ((started_at >= $start AND started_at < $end) OR ($untimed AND started_at IS NULL))
)
GROUP BY GROUPING SETS ((named), ())
ORDER BY cost_usd DESC NULLS LAST, runs DESC, agent
