-- one row per measured effect of an applied change of a kind (imp@skill …) on a dimension, with its 95 % interval
SELECT dimension, delta, ci_low, ci_high, before_n, after_n
FROM measurements
WHERE kind = $kind AND delta IS NOT NULL AND ci_low IS NOT NULL AND before_n > 1 AND after_n > 1
  AND dimension IN ('success', 'autonomy', 'efficiency')
ORDER BY made_at, measurement_id
