-- one row per scored forecast of an experiment that is about to be scored anew, or can no longer be
DELETE FROM forecast_scores WHERE experiment_id = $experiment_id
