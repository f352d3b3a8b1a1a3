-- what merging and deriving may hold in memory: rows of an open transaction that are read back are all held
SET memory_limit = '2GB'
