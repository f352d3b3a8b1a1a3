-- one row per change of an agent whose effect is measured: an applied change, or a model that answered the first time
WITH calls AS (
    SELECT
        runs.agent, model_calls.model,
        (coalesce(model_calls.started_at, runs.started_at) AT TIME ZONE $zone)::DATE AS called_on
    FROM model_calls JOIN runs USING (run_id)
    WHERE runs.agent IS NOT NULL AND model_calls.model IS NOT NULL AND runs.golden_set IS NULL
),
models AS (
    SELECT agent, model, min(called_on) AS day, min(min(called_on)) OVER (PARTITION BY agent) AS agent_since
    FROM calls
    GROUP BY agent, model
)
SELECT
    changes.agent, if(changes.kind = 'skill', 'imp@skill', 'imp@config') AS kind, change_id AS subject,
    coalesce(proposals.title, changes.kind) AS name, (applied_at AT TIME ZONE $zone)::DATE AS day,
    "commit", changes.proposal_id, changes.kind = 'rollback' AS takes_back
FROM changes LEFT JOIN proposals USING (proposal_id)
UNION ALL
SELECT agent, 'imp@model', model, model, day, NULL, NULL, false FROM models WHERE day > agent_since
ORDER BY agent, day, kind, subject
