-- one row per golden task that was named as the test of an incident: by a run that was captured, or by a person
SELECT DISTINCT unnest(from_json(payload -> 'tasks', '["VARCHAR"]')) AS task_id
FROM events
WHERE kind = 'incident_action' AND subject = $incident_id AND (payload ->> 'step') IN ('capture', 'test')
ORDER BY task_id
