-- one row per run that shows a kind of failure
SELECT DISTINCT run_id FROM findings WHERE agent = $agent AND fingerprint IN (SELECT unnest($fingerprints))
