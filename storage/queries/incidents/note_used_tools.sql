-- one row per run that is due, no golden one, and tool that it called: what each accepted call gave, and how large
INSERT INTO used_tools
WITH named AS (
    SELECT run_id, tool_name, argument, count(*) AS times, max(size) AS size
    FROM (
        SELECT run_id, tool_name, unnest(map_keys(sizes)) AS argument, unnest(map_values(sizes)) AS size
        FROM due_calls
        WHERE is_error IS NOT TRUE AND sizes IS NOT NULL
    )
    GROUP BY run_id, tool_name, argument
),
called AS (
    SELECT
        run_id, agent, tool_name, count(*) AS calls,
        count(*) FILTER (is_error IS NOT TRUE AND sizes IS NOT NULL) AS shaped
    FROM due_calls
    WHERE agent IS NOT NULL AND NOT is_unknown
    GROUP BY run_id, agent, tool_name
),
facts AS (
    SELECT
        called.run_id, called.tool_name,
        list(argument ORDER BY argument) FILTER (times = shaped) AS arguments,
        map_from_entries(list({'k': argument, 'v': size} ORDER BY argument) FILTER (size IS NOT NULL)) AS sizes
    FROM called JOIN named USING (run_id, tool_name)
    GROUP BY called.run_id, called.tool_name
)
SELECT
    called.run_id, called.agent, called.tool_name, calls,
    CASE WHEN shaped > 0 THEN coalesce(facts.arguments, []) END AS arguments, facts.sizes
FROM called JOIN runs USING (run_id) LEFT JOIN facts ON (facts.run_id, facts.tool_name) = (called.run_id, called.tool_name)
WHERE runs.golden_set IS NULL
