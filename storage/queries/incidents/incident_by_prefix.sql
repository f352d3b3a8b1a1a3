-- one row per incident whose id begins so
SELECT * FROM incidents WHERE starts_with(incident_id, $prefix)
