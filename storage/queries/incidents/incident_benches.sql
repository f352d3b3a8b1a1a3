-- one row per agent and golden set: whether its newest run told nothing (every trial failed on the bench), since when
WITH tried AS (
    SELECT
        agent, golden_set, golden_run, min(golden_trials.started_at) AS begun_at,
        count(*) FILTER (outcome = 'bench_error') AS bench_errors,
        count(*) FILTER (outcome IN ('pass', 'fail', 'needs_human')) AS told
    FROM golden_trials
    WHERE golden_run NOT IN (SELECT golden_run FROM golden_runs WHERE state = 'running')
        AND started_at <= $now AND started_at > $since
    GROUP BY ALL
),
marked AS (
    SELECT
        *, told = 0 AND bench_errors > 0 AS is_down,
        max(begun_at) FILTER (NOT (told = 0 AND bench_errors > 0)) OVER (PARTITION BY agent, golden_set) AS last_good_at
    FROM tried
)
SELECT
    agent, golden_set, last_good_at, arg_max(is_down, begun_at) AS is_down,
    min(begun_at) FILTER (is_down AND begun_at > coalesce(last_good_at, '-infinity'::TIMESTAMPTZ)) AS since,
    arg_max(bench_errors, begun_at) AS bench_errors
FROM marked
GROUP BY ALL
ORDER BY agent, golden_set
