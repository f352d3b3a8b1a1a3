-- one row per change that transferred and was offered in a period to an agent of the same type
SELECT
    events.agent, events.payload ->> 'improvement' AS improvement, events.payload ->> 'from' AS source_agent,
    experiments.agent AS target_agent, experiments.name
FROM events LEFT JOIN experiments ON experiments.experiment_id = events.subject
WHERE events.kind = 'transfer_offered' AND events.at >= $start AND events.at < $end
ORDER BY events.at, events.agent
