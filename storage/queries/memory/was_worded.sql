-- one row where a model was asked for exactly these lines before
SELECT event_id FROM events WHERE event_id = $event_id
