-- one row per tool call that a run that is due made again and again with the same answer, other steps between
WITH apart AS (
    SELECT
        run_id, agent, seq, tool_name, arguments_sha256, result, place,
        place - coalesce(lag(place) OVER (
            PARTITION BY run_id, tool_name, arguments_sha256, result ORDER BY place), -1000) AS gap
    FROM due_calls
    WHERE is_error = false AND error_text IS NULL AND arguments_sha256 IS NOT NULL AND result IS NOT NULL
)
SELECT run_id, agent, tool_name, list(seq ORDER BY place) AS steps
FROM apart
WHERE gap > 3
GROUP BY run_id, agent, tool_name, arguments_sha256, result
HAVING count(*) >= $asked_again
ORDER BY run_id, steps
