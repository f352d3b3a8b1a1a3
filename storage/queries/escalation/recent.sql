-- one row per message that waits or was given up, and of the others the fifty newest
SELECT queued_at, severity, agent, incident_id, event, step, route, recipient, state, attempts, error, title, due_at, ended_at
FROM outbox
QUALIFY state IN ('waiting', 'dead') OR row_number() OVER (ORDER BY queued_at DESC, message_id) <= 50
ORDER BY queued_at, message_id
