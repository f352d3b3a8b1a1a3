-- one row less per use of a tool that was noted earlier of the runs that are due (staged as due_runs)
DELETE FROM used_tools WHERE run_id IN (SELECT run_id FROM due_runs)
