-- one row per dimension that an agent was scored on in some days: runs that a change would touch, and the others
WITH units AS (
    SELECT run_id AS unit FROM runs WHERE run_id IN (SELECT unnest($runs))
    UNION
    SELECT task_id || ' ' || (started_at AT TIME ZONE $zone)::DATE FROM runs WHERE run_id IN (SELECT unnest($runs))
)
SELECT dimension,
       count(*) FILTER (touched) AS touched_n, avg(score) FILTER (touched) AS touched_mean,
       count(*) FILTER (NOT touched) AS other_n, avg(score) FILTER (NOT touched) AS other_mean,
       stddev_samp(score) AS sd, count(*) FILTER (day >= $recent_day) AS recent_n
FROM (
    SELECT dimension, day, score::DOUBLE AS score, unit IN (SELECT unit FROM units WHERE unit IS NOT NULL) AS touched
    FROM counted_scores($first_day, $after_day)
    WHERE agent = $agent AND dimension IN ('success', 'autonomy', 'efficiency')
)
GROUP BY dimension
