-- one row per agent and declared schema of a tool that was not seen before, with the first run that has it
INSERT INTO tool_versions
WITH offered AS (
    SELECT r.agent, r.run_id, r.started_at, unnest(d.declared_tools) AS schema
    FROM run_descriptions d SEMI JOIN due_runs USING (run_id) JOIN runs r USING (run_id)
    WHERE d.declared_tools IS NOT NULL AND r.agent IS NOT NULL AND r.golden_set IS NULL AND r.started_at IS NOT NULL
)
SELECT agent, schema ->> '$.name' AS tool_name, schema, min(started_at) AS first_at, arg_min(run_id, (started_at, run_id)) AS run_id
FROM offered
WHERE NOT EXISTS (SELECT 1 FROM tool_versions v WHERE v.agent = offered.agent AND v.schema = offered.schema)
GROUP BY agent, schema
