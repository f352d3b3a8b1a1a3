-- one row per message that is sighted again, as it stands in the ledger; the texts of others are not read
CREATE OR REPLACE TEMP TABLE stored_messages AS
SELECT rowid AS stored_row, *
FROM messages
WHERE rowid IN (SELECT m.rowid FROM messages AS m SEMI JOIN several_messages USING (message_id))
