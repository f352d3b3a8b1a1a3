-- one row per message with several sightings: what is sighted once, which is nearly all, needs no merge and no copy
CREATE OR REPLACE TEMP TABLE several_messages AS
SELECT message_id FROM messages SEMI JOIN new_messages USING (message_id)
UNION
SELECT message_id FROM new_messages GROUP BY message_id HAVING count(*) > 1
