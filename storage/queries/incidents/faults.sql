-- one row per call of a run that is due (staged as due_runs) that does not fit its tool
SELECT c.run_id, c.agent, c.seq, c.tool_name, f.fault, f.basis, f.detail
FROM tool_call_faults f JOIN due_calls c USING (call_id, run_id)
ORDER BY c.run_id, c.place
