-- one row per offer of a transferred change to a similar agent since a moment, with what the experiment says now
SELECT o.event_id, o.agent, o.subject AS experiment_id, o.at, o.payload ->> 'improvement' AS improvement,
       o.payload ->> 'from' AS source_agent, e.said
FROM events o JOIN experiments e ON e.experiment_id = o.subject AND e.kind = 'transfer' AND e.verdict = 'Transfer'
WHERE o.kind = 'transfer_offered' AND o.at >= $since
ORDER BY o.at, o.event_id
