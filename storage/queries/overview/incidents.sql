-- one row per incident that was detected in the period (1), and one per agent with an examined run (0), so that a quiet
-- month is told from one that was not watched
SELECT agent, severity AS label, 1.0::DOUBLE AS value, 1 AS units
FROM incidents
WHERE detected_at >= $start AND detected_at < $end
UNION ALL
SELECT DISTINCT agent, NULL, 0.0, 1
FROM runs SEMI JOIN examined_runs USING (run_id)
WHERE started_at >= $start AND started_at < $end AND golden_set IS NULL AND agent IS NOT NULL
