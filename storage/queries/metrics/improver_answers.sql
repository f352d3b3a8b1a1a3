-- one row: drafts of the improver (no person's, no rollback) that were answered, and how many were approved
WITH answered AS (
    SELECT proposals.proposal_id, bool_and(approvals.decision = 'approve') AS approved
    FROM proposals JOIN approvals USING (proposal_id)
    WHERE proposals.state <> 'waiting' AND proposals.kind <> 'rollback' AND NOT starts_with(proposals.drafter, 'person')
    GROUP BY ALL
)
SELECT count(*) AS n, count(*) FILTER (approved) AS approved FROM answered
