-- one row per agent: files that its runs come from
SELECT agent, count(DISTINCT source_file) AS sources FROM runs WHERE agent IS NOT NULL GROUP BY agent
