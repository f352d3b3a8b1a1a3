-- one row per action item whose id begins so
SELECT * FROM incident_actions WHERE starts_with(action_id, $prefix)
