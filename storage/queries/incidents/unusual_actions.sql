-- one row per run that is due in which an argument is far larger than the agent gives it, in more than the stated share
-- of its other runs: by the distance of its logarithm from the median, in median deviations (at least .7, twofold)
WITH sized AS (
    SELECT run_id, agent, tool_name, unnest(map_keys(sizes)) AS argument, unnest(map_values(sizes)) AS size
    FROM used_tools
    WHERE sizes IS NOT NULL
        AND (run_id IN (SELECT run_id FROM reference_runs) OR run_id IN (SELECT run_id FROM due_runs))
),
typical AS (
    SELECT
        agent, tool_name, argument, median(ln(1 + size)) AS middle, greatest(mad(ln(1 + size)), 0.7) AS spread,
        median(size) AS usual_size
    FROM sized SEMI JOIN reference_runs USING (run_id)
    GROUP BY agent, tool_name, argument
    HAVING count(*) >= 10
),
extreme AS (
    SELECT run_id, agent, tool_name, argument, size, usual_size, (ln(1 + size) - middle) / spread AS score
    FROM sized JOIN typical USING (agent, tool_name, argument)
    QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY score DESC, tool_name, argument) = 1
),
ordinary AS (
    SELECT agent, run_id, score FROM extreme SEMI JOIN reference_runs USING (run_id)
),
totals AS (
    SELECT agent, count(*) AS runs FROM reference_runs GROUP BY agent
),
ranked AS (
    SELECT
        d.run_id, d.agent, d.tool_name, d.argument, d.size, d.usual_size AS median,
        any_value(runs) - (d.run_id IN (SELECT run_id FROM reference_runs))::INT AS n, count(o.run_id) AS at_least
    FROM extreme d SEMI JOIN due_runs ON due_runs.run_id = d.run_id JOIN totals USING (agent)
    LEFT JOIN ordinary o ON o.agent = d.agent AND o.run_id <> d.run_id AND o.score >= d.score
    WHERE d.size >= 10 * greatest(d.usual_size, 1)
    GROUP BY d.run_id, d.agent, d.tool_name, d.argument, d.size, d.usual_size
)
SELECT
    r.run_id, r.agent, r.tool_name, r.argument, r.size, r.median, r.n, r.at_least, list(c.seq ORDER BY c.place) AS steps
FROM ranked r JOIN due_calls c
    ON c.run_id = r.run_id AND c.tool_name = r.tool_name AND c.sizes[r.argument] = r.size
WHERE 1 + r.at_least <= $rate * (r.n + 1)
GROUP BY ALL
ORDER BY r.run_id
