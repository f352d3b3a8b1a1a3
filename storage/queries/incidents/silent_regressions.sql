-- one row per watch that a golden rerun confirmed and no finding tells of yet, with the agent's last run before that
SELECT
    watches.watch_id, watches.agent, watches.dimension, watches.week, watches.since,
    arg_max(runs.run_id, (runs.started_at, runs.run_id)) AS run_id
FROM watches JOIN runs ON runs.agent = watches.agent AND runs.started_at <= watches.answered_at
WHERE watches.state = 'confirmed' AND runs.golden_set IS NULL
    AND watches.watch_id NOT IN (
        SELECT evidence ->> 'watch_id' FROM findings
        WHERE detector = 'confirmed-watch' AND (evidence ->> 'watch_id') IS NOT NULL
    )
GROUP BY ALL
ORDER BY watches.watch_id
