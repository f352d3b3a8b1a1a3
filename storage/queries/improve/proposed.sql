-- one row per proposal that was drafted for a kind of failure or task, with what people said when they answered it
SELECT p.agent, p.fingerprint, p.state, p.created_at, p.decided_at, p.title, p.drafter,
       (SELECT string_agg(a.feedback, ' / ' ORDER BY a.position) FROM approvals a
        WHERE a.proposal_id = p.proposal_id AND a.feedback <> '') AS feedback
FROM proposals p
WHERE p.fingerprint IS NOT NULL
ORDER BY p.created_at, p.proposal_id
