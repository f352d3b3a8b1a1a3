-- one row per change whose effect could be told in a period: what it did, and what became of its forecasts
SELECT
    experiments.agent, experiments.kind, experiments.method, experiments.name, experiments.verdict, experiments.said,
    experiments.after_period, experiment_id,
    string_agg(
        format(
            '{}: {:+.2f} to {:+.2f} was forecast ({:.0f} %), {:+.2f} measured: {}', scored.dimension, scored.low,
            scored.high, 100 * scored.level, scored.delta, if(scored.covered, 'held', 'missed')
        ), '; ' ORDER BY scored.dimension
    ) AS forecast
FROM experiments LEFT JOIN forecast_scores AS scored USING (experiment_id)
WHERE experiments.kind <> 'transfer' AND experiments.closed_at >= $start AND experiments.closed_at < $end
GROUP BY ALL
ORDER BY experiments.agent, any_value(experiments.closed_at), experiments.kind, experiment_id
