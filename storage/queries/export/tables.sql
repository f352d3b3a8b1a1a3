-- one row per table of the ledger that users may query, with the columns that its rows can be chosen by
SELECT
    table_name AS name,
    bool_or(column_name = 'run_id') AS has_run,
    bool_or(column_name = 'agent') AS has_agent
FROM duckdb_columns()
WHERE NOT internal AND schema_name = 'main' AND database_name = current_database()
    AND table_name NOT IN ('migrations', 'run_descriptions', 'examined_runs', 'span_links', 'uncounted_calls')
GROUP BY table_name
ORDER BY table_name
