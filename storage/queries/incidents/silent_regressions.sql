-- one row per watch that a golden rerun confirmed, with the agent's last run before that
SELECT
    watches.watch_id, watches.agent, watches.dimension, watches.week, watches.since,
    arg_max(runs.run_id, (runs.started_at, runs.run_id)) AS run_id
FROM watches JOIN runs ON runs.agent = watches.agent AND runs.started_at <= watches.answered_at
WHERE watches.state = 'confirmed' AND runs.golden_set IS NULL
GROUP BY ALL
ORDER BY watches.watch_id
