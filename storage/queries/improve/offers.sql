-- one row per offer of a transferred change to a similar agent since a moment, with what the experiment said
SELECT o.event_id, o.agent, o.subject AS experiment_id, o.at, o.payload ->> 'improvement' AS improvement,
       o.payload ->> 'from' AS source_agent, e.agent AS target_agent, e.name, e.said
FROM events o LEFT JOIN experiments e ON e.experiment_id = o.subject
WHERE o.kind = 'transfer_offered' AND o.at >= $since
ORDER BY o.at, o.event_id
