-- one row per tool call of a run that is due that does not fit what the agent's other runs show (reference_runs)
-- A name is unknown that fewer than $few others use, with exactly the arguments of a tool that more of them use. An
-- argument is missed that all others give, or ten times as many as do not. How many others speak against a call is its
-- score: it is a fault where at most the share $rate of the agent's uses (a run, a tool) has one as large. So an agent
-- whose calls vary makes the test careful. Runs in which a fault was found before do not make it careful.
INSERT INTO tool_call_faults
WITH uses AS (
    SELECT u.run_id, u.agent, u.tool_name, u.arguments FROM used_tools u SEMI JOIN reference_runs USING (run_id)
),
totals AS (
    SELECT agent, count(*) AS n FROM uses WHERE arguments IS NOT NULL GROUP BY agent
),
tools AS (
    SELECT agent, tool_name, count(*) AS runs, count(arguments) AS shaped FROM uses GROUP BY agent, tool_name
),
profiles AS (
    SELECT agent, tool_name, arguments, count(*) AS runs FROM uses WHERE arguments IS NOT NULL
    GROUP BY agent, tool_name, arguments
),
twins AS (
    SELECT agent, arguments, max(runs) AS runs, arg_max(tool_name, (runs, tool_name)) AS tool_name
    FROM profiles
    GROUP BY agent, arguments
),
given AS (
    SELECT agent, tool_name, argument, count(*) AS runs
    FROM (SELECT agent, tool_name, unnest(arguments) AS argument FROM uses)
    GROUP BY agent, tool_name, argument
),
required AS (
    SELECT agent, tool_name, argument, given.runs, shaped
    FROM given JOIN tools USING (agent, tool_name)
    WHERE given.runs >= 10 * (shaped - given.runs - 1)
),
looked_at AS (
    SELECT
        call_id, run_id, seq, agent, tool_name, list_sort(map_keys(sizes)) AS arguments, false AS is_reference,
        run_id IN (SELECT run_id FROM reference_runs) AS is_own
    FROM due_calls
    WHERE agent IS NOT NULL AND sizes IS NOT NULL AND NOT is_unknown
        AND run_id IN (SELECT run_id FROM runs WHERE golden_set IS NULL)
        AND call_id NOT IN (SELECT call_id FROM tool_call_faults WHERE run_id IN (SELECT run_id FROM due_runs))
    UNION ALL
    SELECT NULL, run_id, NULL, agent, tool_name, arguments, true, true FROM uses WHERE arguments IS NOT NULL
),
against AS (
    SELECT
        l.*, 'unknown tool' AS fault, twins.tool_name AS detail, twins.runs AS score
    FROM looked_at l
    JOIN twins ON twins.agent = l.agent AND twins.arguments = l.arguments AND twins.tool_name <> l.tool_name
    LEFT JOIN tools ON tools.agent = l.agent AND tools.tool_name = l.tool_name
    WHERE coalesce(tools.runs, 0) - l.is_own::INT < least($few, twins.runs)
    UNION ALL
    SELECT l.*, 'bad arguments', required.argument, required.runs
    FROM looked_at l JOIN required USING (agent, tool_name)
    WHERE NOT list_contains(l.arguments, required.argument)
        AND required.runs >= 10 * (required.shaped - required.runs - l.is_own::INT)
),
usual AS (
    SELECT agent, run_id, tool_name, max(score) AS score
    FROM against
    WHERE is_reference AND run_id NOT IN (SELECT run_id FROM tool_call_faults)
    GROUP BY agent, run_id, tool_name
),
worst AS (
    SELECT * FROM against WHERE NOT is_reference
    QUALIFY row_number() OVER (PARTITION BY call_id ORDER BY score DESC, fault DESC, detail) = 1
)
SELECT w.call_id, w.run_id, w.seq, w.fault, 'history' AS basis, w.detail
FROM worst w JOIN totals USING (agent)
LEFT JOIN usual u
    ON u.agent = w.agent AND (u.run_id, u.tool_name) <> (w.run_id, w.tool_name) AND u.score >= w.score
GROUP BY w.call_id, w.run_id, w.seq, w.fault, w.detail, w.is_own, n
HAVING 1 + count(u.run_id) <= $rate * (n - w.is_own::INT + 1)
