-- one row per series of identical tool calls, or rounds of the same two or three, to no effect, in a run that is due
WITH marked AS (
    SELECT
        run_id, agent, seq, tool_name, place, (tool_name, arguments_sha256, result) AS mark,
        arguments_sha256 IS NOT NULL AND result IS NOT NULL AS is_known
    FROM due_calls
),
before AS (
    SELECT *, lag(mark, 1) OVER run AS one, lag(mark, 2) OVER run AS two, lag(mark, 3) OVER run AS three
    FROM marked
    WINDOW run AS (PARTITION BY run_id ORDER BY place)
),
same AS (
    SELECT run_id, agent, seq, tool_name, place, 1 AS period FROM before WHERE is_known AND mark = one
    UNION ALL
    SELECT run_id, agent, seq, tool_name, place, 2 FROM before WHERE is_known AND mark = two AND mark <> one
    UNION ALL
    SELECT run_id, agent, seq, tool_name, place, 3 FROM before
    WHERE is_known AND mark = three AND (mark <> one OR mark <> two)
),
islands AS (
    SELECT *, place - row_number() OVER (PARTITION BY run_id, period ORDER BY place) AS island FROM same
),
series AS (
    SELECT run_id, agent, period, min(place) - period AS start, count(*) // period + 1 AS times
    FROM islands
    GROUP BY run_id, agent, period, island
    HAVING count(*) >= period * ($in_a_row - 1)
)
SELECT s.run_id, s.agent, c.tool_name, c.seq, s.period, s.times
FROM series s JOIN due_calls c ON c.run_id = s.run_id AND c.place = s.start
ORDER BY s.run_id, c.seq
