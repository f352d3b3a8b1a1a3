-- one row: forecasts that were scored, of how many proposals, how many held, their promised level and mean width
SELECT
    count(*) AS n, count(DISTINCT proposal_id) AS proposals, count(*) FILTER (covered) AS covered,
    avg(level) AS level, avg(width) AS width
FROM forecast_scores
