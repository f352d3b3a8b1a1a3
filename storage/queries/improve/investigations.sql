-- one row per investigation of a confirmed fall that was opened since a moment: what fell, when, and what changed then
SELECT opened.event_id AS investigation_id, opened.agent, opened.subject AS watch_id, opened.at, opened.payload
FROM events AS opened
WHERE opened.kind = 'investigation_opened' AND opened.at >= $since
ORDER BY opened.at, opened.event_id
