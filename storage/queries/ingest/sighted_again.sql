-- one row: messages of the batch with several sightings
SELECT count(*) AS messages FROM several_messages
