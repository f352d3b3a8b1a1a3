-- one row per signal that incidents were told
SELECT subject AS incident_id, agent, "at", payload
FROM events
WHERE kind = 'incident_signal' AND list_contains($ids, subject)
ORDER BY "at", payload ->> 'opens' DESC, payload ->> 'severity', event_id
