-- one row per message that is new or was sighted earlier than known; the order is total over all columns.
-- What is sighted once, which is nearly all, needs no merge.
CREATE OR REPLACE TEMP TABLE changed_messages AS
WITH several AS (
    SELECT message_id FROM stored_messages
    UNION
    SELECT message_id FROM new_messages GROUP BY message_id HAVING count(*) > 1
),
sightings AS (
    SELECT * EXCLUDE (stored_row) FROM stored_messages
    UNION ALL BY NAME
    SELECT * FROM new_messages SEMI JOIN several USING (message_id)
),
earliest AS (
    SELECT DISTINCT ON (message_id) message_id, run_id, seq, role, text, sent_at, is_human
    FROM sightings
    ORDER BY message_id, sent_at NULLS LAST, run_id, seq, role, is_human DESC, text NULLS LAST
),
merged AS (
    SELECT message_id, run_id, seq, role, text, sent_at, is_human FROM earliest
    EXCEPT
    SELECT message_id, run_id, seq, role, text, sent_at, is_human FROM stored_messages
)
SELECT * FROM merged
UNION ALL BY NAME
SELECT * FROM new_messages ANTI JOIN several USING (message_id)
