-- one row per case that a model failed to draft since a moment and that has no proposal since: how often it was tried
SELECT a.agent, a.subject AS fingerprint, count(*) AS tries, max(a.at) AS last_at
FROM events a
WHERE a.kind = 'analysis' AND (a.payload ->> 'outcome') <> 'drafted' AND a.at >= $since
  AND NOT EXISTS (
      SELECT 1 FROM proposals p
      WHERE p.agent = a.agent AND p.fingerprint = a.subject AND p.created_at >= $since
  )
GROUP BY a.agent, a.subject
ORDER BY last_at, fingerprint
