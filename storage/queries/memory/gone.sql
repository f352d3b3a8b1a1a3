-- one row per line that is in no daily log any more
UPDATE memory_lines SET state = 'gone', reason = 'in no daily log any more', changed_at = $now
WHERE line_id IN (SELECT unnest($lines))
