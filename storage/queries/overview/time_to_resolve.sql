-- one row per incident that was resolved in the period: hours from its beginning, or where that is unknown from its
-- detection
SELECT
    agent, severity AS label,
    epoch(resolved_at - least(coalesce(started_at, detected_at), detected_at)) / 3600.0 AS value, 1 AS units
FROM incidents
WHERE resolved_at >= $start AND resolved_at < $end
