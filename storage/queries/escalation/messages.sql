-- one row per message of the incidents asked for
SELECT * FROM outbox WHERE list_contains($incidents, incident_id) ORDER BY queued_at, message_id
