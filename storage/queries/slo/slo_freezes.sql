-- one row per freeze that an SLO made and that has not ended; a person's freeze for an incident ends with that
SELECT freezes.freeze_id, freezes.agent, freezes.slo, freezes.frozen_at, freezes.reason
FROM freezes JOIN events ON events.event_id = freezes.freeze_id
WHERE freezes.ended_at IS NULL AND (events.payload ->> 'incident') IS NULL
ORDER BY freezes.agent, freezes.slo
