-- one row per call that is kept and not counted
INSERT INTO uncounted_calls BY NAME
SELECT * FROM model_calls SEMI JOIN repeating_calls USING (run_id, call_id)
