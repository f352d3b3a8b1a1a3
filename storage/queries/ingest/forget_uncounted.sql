-- one row per uncounted call of a touched run, once it is counted again
DELETE FROM uncounted_calls WHERE run_id IN (SELECT run_id FROM touched)
