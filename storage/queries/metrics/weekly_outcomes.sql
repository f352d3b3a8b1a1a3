-- one row per agent and week (its Monday): runs by outcome, tool calls and their errors, cost and where it is from
-- Golden runs are no work of the week.
SELECT
    coalesce(agent, '(no agent)') AS agent,
    date_trunc('week', timezone($zone, started_at))::DATE AS monday,
    count(*) AS runs,
    count(*) FILTER (outcome = 'success') AS success,
    count(*) FILTER (outcome = 'failure') AS failure,
    count(*) FILTER (outcome = 'infrastructure_error') AS infrastructure_error,
    count(*) FILTER (outcome = 'unknown') AS unknown,
    sum(tool_calls)::BIGINT AS tool_calls,
    sum(tool_errors)::BIGINT AS tool_errors,
    sum(cost_usd) AS cost_usd,
    count(*) FILTER (cost_source = 'reported') AS cost_reported,
    count(*) FILTER (cost_source = 'priced') AS cost_priced,
    count(*) FILTER (cost_source = 'missing') AS cost_missing
FROM runs
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL
GROUP BY ALL
ORDER BY agent, monday
