-- what an ingest may hold in memory within DuckDB; more of an open transaction is written to the temporary folder
SET memory_limit = '160MB'
