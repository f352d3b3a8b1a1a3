-- one row per kind of failure: sessions that showed it after a moment
SELECT f.fingerprint, count(DISTINCT coalesce(r.parent_run_id, f.run_id)) AS sessions
FROM findings f JOIN runs r USING (run_id)
WHERE f.agent = $agent AND f.fingerprint IN (SELECT unnest($fingerprints)) AND r.started_at > $since AND r.golden_set IS NULL
GROUP BY f.fingerprint
