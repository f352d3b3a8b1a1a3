-- one row per run of work that shows a kind of failure
SELECT DISTINCT f.run_id FROM findings f LEFT JOIN runs r USING (run_id)
WHERE r.golden_set IS NULL AND f.agent = $agent AND f.fingerprint IN (SELECT unnest($fingerprints))
