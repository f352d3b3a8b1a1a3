-- one row per line that a model worded and that was not proposed yet, with the places of what it cites
SELECT
    worded.line_id, worded.agent, worded.text, worded.drafter,
    list(source.source_path || ':' || source.source_line ORDER BY source.source_path, source.source_line) AS places,
    list(source.text ORDER BY source.source_path, source.source_line) AS sources
FROM memory_lines AS worded
JOIN memory_lines AS source ON list_contains(worded.cites, source.line_id)
WHERE worded.state = 'worded'
GROUP BY ALL
ORDER BY worded.agent, worded.line_id
