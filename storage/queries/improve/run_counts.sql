-- one row: runs and sessions that show one of some kinds of failure
SELECT count(DISTINCT f.run_id) AS runs, count(DISTINCT coalesce(r.parent_run_id, f.run_id)) AS sessions
FROM findings f LEFT JOIN runs r USING (run_id)
WHERE r.golden_set IS NULL AND f.agent = $agent AND f.fingerprint IN (SELECT unnest($fingerprints))
