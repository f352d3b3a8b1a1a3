-- one row per forecast of a proposal whose dimension was measured: whether the measured change lies in it
INSERT OR REPLACE INTO forecast_scores
SELECT
    proposal_id, dimension, low, high, mean, level, delta, delta BETWEEN low AND high AS covered, high - low AS width,
    $experiment_id AS experiment_id, $now::TIMESTAMPTZ AS scored_at
FROM forecasts JOIN measured_deltas USING (dimension)
WHERE proposal_id = $proposal_id
