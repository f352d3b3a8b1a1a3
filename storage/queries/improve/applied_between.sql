-- one row per change of an agent that was applied in a span of time and still stands, the newest first
SELECT c.change_id, c.proposal_id, c."commit", c.kind, c.applied_at, p.title
FROM changes c JOIN proposals p USING (proposal_id)
WHERE c.agent = $agent AND c.kind <> 'rollback' AND c.applied_at >= $start AND c.applied_at < $end
ORDER BY c.applied_at DESC, c.change_id
