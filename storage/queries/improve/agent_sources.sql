-- one row per agent: files that its runs of work come from
SELECT agent, count(DISTINCT source_file) AS sources FROM runs WHERE agent IS NOT NULL AND golden_set IS NULL GROUP BY agent
