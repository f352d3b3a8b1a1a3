-- one row per uncounted call of a touched run, which is counted again until its run is settled
INSERT INTO model_calls BY NAME
SELECT * FROM uncounted_calls WHERE run_id IN (SELECT run_id FROM touched)
