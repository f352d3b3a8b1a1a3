-- one row per message that this process began to send and that is still waiting for what became of it
SELECT * FROM outbox WHERE list_contains($messages, message_id) AND state = 'waiting'
