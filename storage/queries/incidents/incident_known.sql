-- one row per incident that is open, or was closed after a moment; oldest first
SELECT * EXCLUDE (signals, updated_at) FROM incidents
WHERE state <> 'closed' OR closed_at > $since
ORDER BY detected_at, incident_id
