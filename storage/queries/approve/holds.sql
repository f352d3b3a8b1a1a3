-- one row per freeze that holds a proposal back: its agent's, unless it mends what an open incident of that agent is of
-- Linked by code alone: the incident was told of the proposal's fingerprint, or the proposal was made from the incident.
SELECT slo, reason, frozen_at
FROM frozen_at($now)
WHERE agent = $agent AND NOT EXISTS (
    SELECT 1 FROM incidents JOIN events AS told ON told.subject = incidents.incident_id
    WHERE incidents.agent = $agent AND incidents.detected_at <= $now AND told."at" <= $now
        AND (incidents.closed_at IS NULL OR incidents.closed_at > $now)
        AND (
            (told.kind IN ('incident_opened', 'incident_signal') AND (told.payload ->> 'fingerprint') = $fingerprint)
            OR (told.kind = 'incident_action' AND (told.payload ->> 'proposal_id') = $proposal_id)
        )
)
ORDER BY frozen_at, slo
