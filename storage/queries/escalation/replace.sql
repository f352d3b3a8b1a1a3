-- one row written per message handed over; an older row of the same id gives way
INSERT OR REPLACE INTO outbox BY NAME SELECT * FROM new_messages
