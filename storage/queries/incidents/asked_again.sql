-- one row per question that the agent of a run that is due asked again word for word after a person had answered
WITH said AS (
    SELECT m.run_id, m.seq, m.role, m.text, max(CASE WHEN m.is_human THEN m.seq END) OVER (
        PARTITION BY m.run_id ORDER BY m.seq ROWS UNBOUNDED PRECEDING) AS answered
    FROM messages m SEMI JOIN due_runs USING (run_id)
    WHERE m.is_human OR (m.role = 'assistant' AND length(m.text) BETWEEN 30 AND 2000 AND rtrim(m.text) LIKE '%?')
)
SELECT said.run_id, due_runs.agent, list(said.seq ORDER BY said.seq) AS steps
FROM said JOIN due_runs USING (run_id)
WHERE said.role = 'assistant'
GROUP BY said.run_id, due_runs.agent, said.text
HAVING count(*) >= 2 AND max(said.answered) > min(said.seq)
ORDER BY said.run_id, steps
