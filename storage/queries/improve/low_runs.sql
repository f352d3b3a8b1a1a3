-- one row per run of an agent in some days with its score on a dimension, the lowest first
SELECT unit AS run_id, score::DOUBLE AS score
FROM counted_scores($first_day, $after_day)
WHERE agent = $agent AND dimension = $dimension AND unit IN (SELECT run_id FROM runs)
ORDER BY score, unit
LIMIT $at_most
