-- one row per run that is due, of a task marked as routine or easy, in which a tool asked a person or gave it the work
SELECT c.run_id, c.agent, c.tool_name, list(c.seq ORDER BY c.place) AS steps
FROM due_calls c JOIN runs r USING (run_id)
WHERE (list_contains(r.tags, 'routine') OR r.difficulty = 'easy')
    AND regexp_matches(c.tool_name, 'ask_?(user|human)|transfer_to_human|escalat|human_in_the_loop', 'i')
GROUP BY c.run_id, c.agent, c.tool_name
ORDER BY c.run_id, c.tool_name
