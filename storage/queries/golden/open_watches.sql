-- one row per agent that is being watched on what golden runs score: when the newest such open watch was opened
-- Success can always be told, by passes; another dimension where a golden trial of the agent was scored on it.
SELECT agent, max(opened_at) AS opened_at
FROM watches
WHERE state = 'open' AND (
    dimension = 'success'
    OR (agent, dimension) IN (
        SELECT scores.agent, scores.dimension FROM scores JOIN golden_trials ON golden_trials.run_id = scores.run_id
    )
)
GROUP BY agent
