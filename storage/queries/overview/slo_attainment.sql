-- one row per SLO with events, as it was evaluated last in the period: 1 where its budget was not overspent
SELECT agent, NULL AS label, (budget_spent <= 1)::DOUBLE AS value, 1 AS units
FROM slo_status
WHERE evaluated_at >= $start AND evaluated_at < $end
QUALIFY row_number() OVER (PARTITION BY slo, agent, workflow ORDER BY evaluated_at DESC) = 1
    AND total > 0 AND budget_spent IS NOT NULL
