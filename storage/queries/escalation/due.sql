-- one row per message that is to be sent now and that no process is sending: the worst and oldest first
SELECT *
FROM outbox
WHERE state = 'waiting' AND due_at <= $now AND (leased_until IS NULL OR leased_until <= $now)
ORDER BY severity, due_at, message_id
LIMIT $most
