-- one row per agent and model that answered it in the week and never in the weeks before that are read
SELECT agent, model, "since", calls
FROM (
    SELECT
        coalesce(runs.agent, '(no agent)') AS agent, calls.model, min(runs.started_at) AS "since", count(*) AS calls,
        min(min(runs.started_at)) OVER (PARTITION BY runs.agent) AS agent_since
    FROM model_calls AS calls JOIN runs USING (run_id)
    WHERE runs.started_at >= $history AND runs.started_at < $end AND calls.model IS NOT NULL
        AND runs.golden_set IS NULL
    GROUP BY runs.agent, calls.model
)
WHERE "since" >= $start AND agent_since < $start
ORDER BY "since", agent, model
