-- one row per message that was given up
SELECT * FROM outbox WHERE state = 'dead' ORDER BY queued_at, message_id
