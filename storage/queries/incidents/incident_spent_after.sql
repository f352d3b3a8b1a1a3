-- one row: when money was first spent after a moment, by the agent or (NULL) by anybody; NULL where none was
SELECT min("at") AS "at" FROM cost_entries
WHERE "at" > $after AND "at" <= $now AND cost_usd IS NOT NULL AND ($agent IS NULL OR agent = $agent)
