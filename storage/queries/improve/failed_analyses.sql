-- one row per case that a model failed to draft when it was asked last, since a moment, without a proposal: its tries
-- A model that said that nothing is to be drafted did not fail.
SELECT a.subject AS fingerprint, count(*) AS tries
FROM events a
WHERE a.kind = 'analysis' AND a.at >= $since
  AND NOT EXISTS (
      SELECT 1 FROM proposals p
      WHERE p.agent = a.agent AND p.fingerprint = a.subject AND p.created_at >= $since
  )
GROUP BY a.agent, a.subject
HAVING arg_max(a.payload ->> 'outcome', a.at) NOT IN ('drafted', 'nothing')
