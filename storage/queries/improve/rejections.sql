-- one row per rejected proposal of an agent, the newest first: what was said of it
SELECT p.title, p.kind, p.drafter, p.fingerprint, a.feedback
FROM proposals p JOIN approvals a USING (proposal_id)
WHERE p.agent = $agent AND p.state = 'rejected' AND a.decision = 'reject'
ORDER BY a.answered_at DESC, p.proposal_id
LIMIT 5
