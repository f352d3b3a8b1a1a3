-- one row per line that tries to instruct, in a daily log of a period, with how many there are; at most ten
SELECT agent, source_path, source_line, text, reason, count(*) OVER () AS total
FROM memory_lines
WHERE state = 'quoted' AND last_seen BETWEEN $first_day AND $last_day
ORDER BY agent, source_path, source_line
LIMIT 10
