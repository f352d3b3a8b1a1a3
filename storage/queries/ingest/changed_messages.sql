-- one row per message with several sightings that was sighted earlier than known; the order is total over all columns
CREATE OR REPLACE TEMP TABLE changed_messages AS
WITH sightings AS (
    SELECT * EXCLUDE (stored_row) FROM stored_messages
    UNION ALL BY NAME
    SELECT * FROM new_messages SEMI JOIN several_messages USING (message_id)
),
earliest AS (
    SELECT DISTINCT ON (message_id) message_id, run_id, seq, role, text, sent_at, is_human
    FROM sightings
    ORDER BY message_id, sent_at NULLS LAST, run_id, seq, role, is_human DESC, text NULLS LAST
)
SELECT message_id, run_id, seq, role, text, sent_at, is_human FROM earliest
EXCEPT
SELECT message_id, run_id, seq, role, text, sent_at, is_human FROM stored_messages
