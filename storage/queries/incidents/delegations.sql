-- one row per run that is due, or was started by one that is, above which work has come back, a circle, or is too deep
WITH RECURSIVE above AS (
    SELECT r.run_id, r.agent, r.run_id AS at_run, r.parent_run_id AS next_run, [r.run_id] AS seen,
           [coalesce(r.agent, '?')] AS chain, false AS is_circle
    FROM runs r
    WHERE r.parent_run_id IS NOT NULL
        AND (r.run_id IN (SELECT run_id FROM due_runs) OR r.parent_run_id IN (SELECT run_id FROM due_runs))
    UNION ALL
    SELECT above.run_id, above.agent, p.run_id, p.parent_run_id, list_append(seen, p.run_id),
           list_prepend(coalesce(p.agent, '?'), chain), list_contains(seen, p.run_id)
    FROM above JOIN runs p ON p.run_id = above.next_run
    WHERE NOT is_circle AND len(seen) < 100
),
longest AS (
    SELECT run_id, agent, chain, is_circle, len(chain) - 1 AS depth,
           list_filter(chain, lambda name, i: i = 1 OR name <> chain[i - 1]) AS hands
    FROM above
    QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY len(chain) DESC) = 1
)
SELECT run_id, agent, chain, depth,
    CASE
        WHEN is_circle THEN 'a run that started itself'
        WHEN list_contains(hands[:-2], hands[-1]) THEN 'work that came back'
        ELSE 'too deep'
    END AS how
FROM longest
WHERE is_circle OR depth > $deepest OR list_contains(hands[:-2], hands[-1])
ORDER BY run_id
