-- one row per forecast of the proposal behind a change
SELECT forecasts.dimension, forecasts.low, forecasts.high, forecasts.level
FROM forecasts JOIN changes USING (proposal_id)
WHERE changes.change_id = $change_id
ORDER BY forecasts.dimension = 'success' DESC, forecasts.dimension
