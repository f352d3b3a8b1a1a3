-- one row: what the ledger holds of each stage's artefacts, by `now`; the last 28 days where a stage has to be kept up
SELECT
    (SELECT count(*) FROM runs WHERE golden_set IS NULL) AS runs,
    (SELECT count(*) FROM runs WHERE golden_set IS NULL AND model_calls + tool_calls > 0) AS traced_runs,
    (SELECT count(DISTINCT failure_class) FROM findings WHERE found_at <= $now) AS failure_classes,
    (
        SELECT count(DISTINCT (golden_set, task_id)) FROM golden_trials
        WHERE outcome IN ('pass', 'fail') AND started_at <= $now
    ) AS golden_tasks,
    (
        SELECT count(DISTINCT slo) FROM slo_status
        WHERE total > 0 AND evaluated_at > $since AND evaluated_at <= $now
    ) AS slos,
    (
        SELECT count(DISTINCT evaluated_at::DATE) FROM slo_status
        WHERE budget_spent IS NOT NULL AND evaluated_at > $since AND evaluated_at <= $now
    ) AS budget_days,
    (
        SELECT count(*) FROM measurements WHERE kind = 'gate' AND made_at > $since AND made_at <= $now
    ) AS gates,
    (
        SELECT count(DISTINCT coalesce(scores.run_id, scores.task_id || scores.day))
        FROM scores LEFT JOIN runs USING (run_id)
        WHERE scorer_kind IN ('human', 'judge') AND runs.golden_set IS NULL
            AND "day" > $since::DATE AND "day" <= $now::DATE + 1
    ) AS scored_tasks,
    (
        SELECT count(DISTINCT incidents.incident_id)
        FROM incidents JOIN events ON events.subject = incidents.incident_id
        WHERE incidents.state = 'closed' AND events.kind = 'incident_action'
            AND (events.payload ->> 'step') IN ('capture', 'test')
    ) AS incidents_with_tests,
    (
        SELECT count(*) FROM proposals
        WHERE kind = 'rollback' AND NOT starts_with(drafter, 'person:') AND created_at <= $now
    ) AS proposed_rollbacks
