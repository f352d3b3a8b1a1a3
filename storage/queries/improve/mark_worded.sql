-- one row per worded line that was handed to a person, or refused
UPDATE memory_lines SET state = $state, reason = $reason, changed_at = $now
WHERE line_id IN (SELECT unnest($lines))
