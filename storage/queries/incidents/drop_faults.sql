-- one row less per fault of a call that was noted earlier of the runs that are due (staged as due_runs)
DELETE FROM tool_call_faults WHERE run_id IN (SELECT run_id FROM due_runs)
