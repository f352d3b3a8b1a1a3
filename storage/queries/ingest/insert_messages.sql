-- one row per message that is new or changed
INSERT INTO messages BY NAME
SELECT * FROM changed_messages
UNION ALL BY NAME
SELECT * FROM new_messages ANTI JOIN several_messages USING (message_id)
