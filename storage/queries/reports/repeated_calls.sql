-- one row per tool call that a run made three times or more with the same arguments
WITH repeated AS (
    SELECT
        run_id, tool_name,
        count(*) AS times,
        count(*) FILTER (is_error) AS errors,
        min(result_sha256) = max(result_sha256) AS same_result,
        count(*) OVER () AS total
    FROM tool_calls
    WHERE arguments_sha256 IS NOT NULL
        AND run_id IN (
            SELECT run_id FROM runs
            WHERE golden_set IS NULL AND tool_calls >= 3
                AND ((started_at >= $start AND started_at < $end) OR ($untimed AND started_at IS NULL))
        )
    GROUP BY run_id, tool_name, arguments_sha256
    HAVING count(*) >= 3
    ORDER BY times DESC, errors DESC, run_id, tool_name
    LIMIT 10
)
SELECT repeated.*, coalesce(runs.agent, '(no agent)') AS agent, runs.source_file, runs.task_id
FROM repeated JOIN runs USING (run_id)
ORDER BY times DESC, errors DESC, run_id, tool_name
