-- one row per incident that was open at a moment, or was closed since the week began; the open ones first, worst first
SELECT
    incident_id, agent, kind, severity, title, owner, started_at, detected_at, acknowledged_at, acknowledged_by, recurs,
    closed_at IS NULL OR closed_at > $moment AS is_open, resolved_at, closed_by, reason,
    epoch(detected_at - started_at)::BIGINT AS detect_seconds,
    greatest(0, epoch(resolved_at - detected_at))::BIGINT AS resolve_seconds,
    causes -> 0 ->> 'kind' AS cause_kind, causes -> 0 ->> 'what' AS cause, causes -> 0 ->> 'why' AS cause_why,
    (
        SELECT count(*) FROM incident_actions
        WHERE incident_actions.incident_id = incidents.incident_id AND done_at IS NULL
    ) AS items
FROM incidents
WHERE detected_at <= $moment AND (closed_at IS NULL OR closed_at > $start)
ORDER BY is_open DESC, severity, detected_at DESC, incident_id
