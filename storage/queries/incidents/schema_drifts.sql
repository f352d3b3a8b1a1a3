-- one row per tool of an agent whose arguments in a run that is due are other than on the days before
-- Declared: by schemas. History: ten or more runs gave exactly the same arguments, and three of one day all give others.
WITH declared AS (
    SELECT
        agent, tool_name, run_id, first_at, schema AS after,
        lag(schema) OVER (PARTITION BY agent, tool_name ORDER BY first_at, schema) AS before,
        lag(first_at) OVER (PARTITION BY agent, tool_name ORDER BY first_at, schema) AS before_at
    FROM tool_versions
),
steady AS (
    SELECT u.agent, u.tool_name, any_value(u.arguments) AS arguments, max(r.started_at) AS last_at
    FROM used_tools u JOIN reference_runs r USING (run_id)
    WHERE NOT r.is_due AND u.arguments IS NOT NULL
    GROUP BY u.agent, u.tool_name
    HAVING count(*) >= 10 AND count(DISTINCT u.arguments) = 1
),
of_day AS (
    SELECT u.agent, u.tool_name, any_value(u.arguments) AS arguments,
        arg_min(u.run_id, (r.started_at, u.run_id)) AS run_id, min(r.started_at) AS first_at
    FROM used_tools u SEMI JOIN due_runs USING (run_id) JOIN runs r USING (run_id)
    WHERE u.arguments IS NOT NULL AND r.started_at IS NOT NULL
    GROUP BY u.agent, u.tool_name, r.started_at::DATE
    HAVING count(*) >= 3 AND count(DISTINCT u.arguments) = 1
)
SELECT run_id, agent, tool_name, 'declared' AS basis, before, after, first_at
FROM declared
WHERE before_at::DATE < first_at::DATE AND run_id IN (SELECT run_id FROM due_runs)
UNION ALL
SELECT o.run_id, o.agent, o.tool_name, 'history', array_to_string(s.arguments, ', '), array_to_string(o.arguments, ', '), o.first_at
FROM of_day o JOIN steady s ON s.agent = o.agent AND s.tool_name = o.tool_name
WHERE o.arguments <> s.arguments AND o.first_at > s.last_at
ORDER BY run_id, tool_name, basis
