-- one row per investigation of the last days: a watch that a golden rerun confirmed, with what may have caused it
SELECT agent, subject AS watch_id, "at", payload
FROM events
WHERE kind = 'investigation_opened' AND "at" <= $now AND "at" > $since
ORDER BY "at", event_id
