-- one row per golden attempt that is due and failed where its set put it under pressure, or asked the impossible
WITH failed AS (
    SELECT t.run_id, t.agent, t.golden_set, t.task_id, t.human_turns, r.tags,
        list_filter((t.checks::JSON)::JSON[], lambda c: (c ->> 'verdict') = 'fail') AS checks
    FROM golden_trials t JOIN runs r USING (run_id) SEMI JOIN due_runs USING (run_id)
    WHERE t.outcome = 'fail'
)
SELECT run_id, agent, golden_set, task_id,
    CASE WHEN human_turns > 1 THEN 'drift under pressure' ELSE 'impossible goal accepted' END AS failure_class,
    list_transform(checks, lambda c: c ->> 'criterion') AS criteria
FROM failed
WHERE (human_turns > 1 AND list_contains(tags, 'pressure'))
    OR (human_turns = 1 AND list_contains(tags, 'impossible')
        AND len(list_filter(checks, lambda c: (c ->> 'kind') = 'declines')) > 0)
ORDER BY run_id
