-- Memory: what became of each line of the agents' daily logs.

-- one row per line of a daily log that tells a lesson, a decision or an event, and per line that a model worded.
-- state: kept, again, superseded, noted, stale, full, quoted, long, known, removed, secret, gone; worded.
-- A line with a secret has no text; superseded_by is the line that says it now.
CREATE TABLE memory_lines (
    line_id VARCHAR PRIMARY KEY,
    agent VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    text VARCHAR,
    reason VARCHAR NOT NULL,
    source_path VARCHAR NOT NULL,
    source_line BIGINT NOT NULL,
    source_last_line BIGINT NOT NULL,
    source_commit VARCHAR NOT NULL,
    first_seen DATE NOT NULL,
    last_seen DATE NOT NULL,
    times BIGINT NOT NULL,
    superseded_by VARCHAR,
    cites VARCHAR[] NOT NULL,
    drafter VARCHAR NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
