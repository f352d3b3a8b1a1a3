-- one row per tool call of a run that is due (staged as due_runs), in its order: by seq, else by time, else by id
CREATE OR REPLACE TEMP TABLE due_calls AS
SELECT
    t.call_id, t.run_id, d.agent, d.outcome, t.seq, t.tool_name, t.arguments_sha256,
    CASE WHEN t.is_error THEN 'error' ELSE t.result_sha256 END AS result,
    t.is_error, t.error_type, t.error_text, says_unknown_tool(t.error_text) AS is_unknown,
    try_cast(try_cast(t.argument_sizes AS JSON) AS MAP(VARCHAR, DOUBLE)) AS sizes,
    row_number() OVER (PARTITION BY t.run_id ORDER BY t.seq, t.started_at, t.call_id) AS place,
    coalesce(max(CASE WHEN t.is_error = false THEN t.seq END) OVER (PARTITION BY t.run_id, t.tool_name) > t.seq, false)
        AS recovered
FROM tool_calls t JOIN due_runs d USING (run_id)
