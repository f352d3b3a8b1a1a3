-- Which schemas a tool had, so that a change between days is seen without reading every run.

-- one row per agent and declared schema of a tool, with the first run that was offered it
CREATE TABLE tool_versions (
    agent VARCHAR NOT NULL,
    tool_name VARCHAR NOT NULL,
    schema VARCHAR NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
);
