-- one row per call that is no longer counted
DELETE FROM model_calls
WHERE run_id IN (SELECT run_id FROM repeating_calls) AND call_id IN (SELECT call_id FROM repeating_calls)
