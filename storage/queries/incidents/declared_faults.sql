-- one row per tool call of a run that is due that does not fit the tools that its source declares
INSERT INTO tool_call_faults
WITH declared AS (
    SELECT DISTINCT
        run_id, tool ->> 'name' AS tool_name, (tool -> 'required')::VARCHAR[] AS required,
        (tool -> 'properties')::VARCHAR[] AS properties, coalesce((tool ->> 'open')::BOOLEAN, false) AS is_open
    FROM (
        SELECT run_id, unnest(declared_tools)::JSON AS tool
        FROM run_descriptions SEMI JOIN due_runs USING (run_id)
        WHERE declared_tools IS NOT NULL
    )
),
telling AS (
    SELECT run_id FROM declared GROUP BY run_id
    HAVING bool_or((run_id, tool_name) IN (SELECT (run_id, tool_name) FROM due_calls))
        OR NOT bool_or(run_id IN (SELECT run_id FROM due_calls WHERE is_error = false))
),
misfits AS (
    SELECT
        call_id, run_id, seq, coalesce(sizes IS NOT NULL, false) AS is_shaped, declared.tool_name IS NULL AS is_unknown,
        list_filter(declared.required, lambda name: NOT list_contains(map_keys(sizes), name)) AS missing,
        list_filter(map_keys(sizes), lambda name: NOT list_contains(declared.properties, name)) AS strange, is_open
    FROM due_calls SEMI JOIN telling USING (run_id)
    LEFT JOIN declared ON (declared.run_id, declared.tool_name) = (due_calls.run_id, due_calls.tool_name)
)
SELECT
    call_id, run_id, seq, CASE WHEN is_unknown THEN 'unknown tool' ELSE 'bad arguments' END AS fault,
    'declared' AS basis,
    CASE
        WHEN is_unknown THEN ''
        WHEN len(missing) > 0 THEN 'without ' || list_aggregate(list_sort(missing), 'string_agg', ', ')
        ELSE 'with ' || list_aggregate(list_sort(strange), 'string_agg', ', ')
    END AS detail
FROM misfits
WHERE is_unknown OR (is_shaped AND (len(missing) > 0 OR (len(strange) > 0 AND NOT is_open)))
