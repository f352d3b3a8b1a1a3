-- one row: how much the ledger holds, and what in it waits for somebody
SELECT
    (SELECT count(*) FROM runs) AS runs,
    (SELECT count(*) FROM runs WHERE started_at > $now) AS future,
    (SELECT count(*) FROM scores) AS scores,
    (SELECT count(*) FROM ingested_files) AS files,
    (SELECT max(ingested_at) FROM ingested_files) AS last_ingest,
    (SELECT count(*) FROM model_calls WHERE cost_source = 'missing' AND coalesce(input_tokens, 0) > 0) AS unpriced,
    (SELECT count(*) FROM proposals WHERE state = 'waiting') AS waiting,
    (SELECT count(*) FROM proposals WHERE state = 'approved') AS approved
