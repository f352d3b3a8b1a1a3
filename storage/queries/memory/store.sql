-- one row per line that is new or changed, in place of the row that it had
INSERT OR REPLACE INTO memory_lines BY NAME SELECT * FROM new_lines
