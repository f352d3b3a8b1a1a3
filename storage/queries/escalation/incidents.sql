-- one row per incident that somebody may have to be told of: not closed, or closed since somebody was told or is to be;
-- and of those that are over, any with a message that waits (again, after a retry): an alarm of it is not to be sent
SELECT incident_id, agent, severity, state, title
FROM incidents
WHERE state <> 'closed'
    OR incident_id IN (SELECT incident_id FROM outbox WHERE state = 'waiting')
    OR (
        incident_id IN (SELECT incident_id FROM outbox WHERE event = 'trigger' AND (state <> 'dropped' OR attempts > 0))
        AND incident_id NOT IN (SELECT incident_id FROM outbox WHERE event = 'resolve')
    )
ORDER BY detected_at, incident_id
