-- one row per run that is due, tool and rule of the declared scope (scope_rules) that its calls break
WITH judged AS (
    SELECT
        c.run_id, c.agent, c.tool_name, c.seq, c.place, s.rule, s.argument, s.most, c.sizes[s.argument] AS size,
        CASE s.rule
            WHEN 'tool not allowed' THEN NOT bool_or(c.tool_name GLOB s.tool) OVER (PARTITION BY c.call_id, s.rule)
            WHEN 'tool forbidden' THEN c.tool_name GLOB s.tool
            ELSE c.tool_name GLOB s.tool AND c.sizes[s.argument] > s.most
        END AS is_broken
    FROM due_calls c JOIN scope_rules s USING (agent)
)
SELECT
    run_id, agent, tool_name, rule, argument, most, max(size) AS size, list_sort(list_distinct(list(seq))) AS steps
FROM judged
WHERE is_broken
GROUP BY run_id, agent, tool_name, rule, argument, most
ORDER BY run_id, tool_name, rule
