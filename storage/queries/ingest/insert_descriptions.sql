-- one row per run and source file that describes it (several where the file tells of a run in several places)
INSERT INTO run_descriptions
SELECT
    run_id, parent_run_id, source_format, source_file, agent, expected_agent, task_id, task_type, difficulty, tags,
    trial, golden_set, config_commit, model, started_at, ended_at, outcome, reward, ended_by,
    declared_tools
FROM new_runs
EXCEPT
SELECT * FROM run_descriptions WHERE run_id IN (SELECT run_id FROM new_runs)
