-- one row per imp@k that was measured, the newest first: sealed gain with its interval, what choosing alone seemed to gain
SELECT
    measurements.agent, measurements.delta, measurements.ci_low, measurements.ci_high, measurements.after_n AS tasks,
    (events.payload ->> 'k')::BIGINT AS k, (events.payload ->> 'optimism')::DOUBLE AS optimism
FROM measurements JOIN events ON events.subject = measurements.measurement_id AND events.kind = 'imp_at_k'
WHERE measurements.kind = 'imp@k'
ORDER BY measurements.made_at DESC, measurements.measurement_id
