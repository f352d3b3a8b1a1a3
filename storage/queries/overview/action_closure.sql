-- one row per action item of a postmortem that was due in the period: 1 where it was done by the period's end
SELECT agent, NULL AS label, coalesce(done_at < $end, FALSE)::INT::DOUBLE AS value, 1 AS units
FROM incident_actions
WHERE due >= $first_day AND due <= $last_day
