-- one row per event of an incident, as it happened
SELECT event_id, kind, "at", payload FROM events
WHERE subject = $incident_id AND starts_with(kind, 'incident_')
ORDER BY "at", kind <> 'incident_opened', kind, event_id
