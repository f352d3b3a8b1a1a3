-- one row per uncounted call that is sighted again: its run, which is settled anew
INSERT INTO touched
SELECT run_id FROM uncounted_calls WHERE call_id IN (SELECT call_id FROM new_model_calls)
