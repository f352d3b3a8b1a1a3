-- one row per action item: what is still to do first, the most urgent before the others; of one incident, or (NULL) all
SELECT incident_actions.*, incidents.title, incidents.severity
FROM incident_actions JOIN incidents USING (incident_id)
WHERE $incident_id IS NULL OR incident_id = $incident_id
ORDER BY done_at IS NOT NULL, due, action_id
