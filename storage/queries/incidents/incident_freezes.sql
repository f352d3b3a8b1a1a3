-- one row per freeze that was made for an incident and has not ended
SELECT freezes.freeze_id, freezes.agent
FROM freezes JOIN events ON events.event_id = freezes.freeze_id
WHERE freezes.ended_at IS NULL AND (events.payload ->> 'incident') = $incident_id
ORDER BY freezes.frozen_at
