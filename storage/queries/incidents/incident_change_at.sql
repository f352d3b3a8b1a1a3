-- one row per change that was applied to an agent at a moment
SELECT changes.*, proposals.title FROM changes LEFT JOIN proposals USING (proposal_id)
WHERE changes.agent = $agent AND applied_at = $at
