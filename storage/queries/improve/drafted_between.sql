-- one row per agent with proposals drafted in a span of time; rollbacks and what people asked for are not counted
-- `tasks`: skills for tasks done by hand, whose names begin with `do-`.
SELECT agent, count(DISTINCT proposal_id) AS proposals, count(DISTINCT proposal_id) FILTER (path LIKE '%/skills/do-%') AS tasks
FROM proposals LEFT JOIN proposal_files USING (proposal_id)
WHERE created_at >= $start AND created_at < $end AND kind <> 'rollback' AND NOT starts_with(drafter, 'person:')
GROUP BY agent
