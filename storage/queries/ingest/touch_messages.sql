-- one row per run whose messages change: the owner, and who owned the message before
INSERT INTO touched
SELECT run_id FROM changed_messages
UNION
SELECT run_id FROM new_messages ANTI JOIN several_messages USING (message_id)
UNION
SELECT s.run_id FROM stored_messages AS s SEMI JOIN changed_messages AS c USING (message_id)
