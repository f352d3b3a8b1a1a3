-- one row per incident that somebody may have to be told of: not closed, or closed since somebody was told or is to be
SELECT incident_id, agent, severity, state, title
FROM incidents
WHERE state <> 'closed'
    OR (
        incident_id IN (SELECT incident_id FROM outbox WHERE event = 'trigger' AND (state <> 'dropped' OR attempts > 0))
        AND incident_id NOT IN (SELECT incident_id FROM outbox WHERE event = 'resolve')
    )
ORDER BY detected_at, incident_id
