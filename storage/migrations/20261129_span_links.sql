-- What one file alone cannot tell of a trace: who stands inside whom, and calls that are not counted for it.

-- one row per span and what it stands inside of, where its trace may go on elsewhere: a span that is not in the same
-- part of the trace, or one whose usage is a sum; ids are those that the calls of these spans have
CREATE TABLE span_links (
    run_id VARCHAR NOT NULL,
    inner_id VARCHAR NOT NULL,
    outer_id VARCHAR NOT NULL
);

-- one row per model call that is known and not counted: a sum whose calls are known, or a call that a sum stands for
CREATE TABLE uncounted_calls AS FROM model_calls WHERE false;
