-- one row per change whose golden tasks are to be run with and without it, with the sets for which that was done
SELECT
    due.subject AS change_id, due.agent, due.payload ->> 'commit' AS "commit",
    list(ended.payload ->> 'golden_set') FILTER (ended.event_id IS NOT NULL) AS done
FROM events AS due
LEFT JOIN events AS ended ON ended.kind = 'golden_pair_ended' AND ended.subject = due.subject
WHERE due.kind = 'golden_pair_due' AND due.at > $since
GROUP BY ALL
ORDER BY min(due.at), change_id
