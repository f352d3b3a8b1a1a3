-- one row per proposal that was drafted for a kind of failure, a task, a fall or a transfer, oldest first
SELECT agent, fingerprint, state, created_at, decided_at FROM proposals
WHERE fingerprint IS NOT NULL
ORDER BY created_at, proposal_id
