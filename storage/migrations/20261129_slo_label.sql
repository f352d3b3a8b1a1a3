-- What of an indicator's events a status is about: a tool, a reason. NULL: all, or written before this was recorded.
ALTER TABLE slo_status ADD COLUMN label VARCHAR;
