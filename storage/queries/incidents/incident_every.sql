-- one row per incident: the open ones first, the worst and newest before the others
SELECT * FROM incidents ORDER BY state = 'closed', severity, detected_at DESC, incident_id
