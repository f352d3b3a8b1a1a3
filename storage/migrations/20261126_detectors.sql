-- What the detectors know of tools: the names and sizes of a call's arguments, never their values, and what was offered.

-- name of each argument with how large it is, as JSON: a number's size or a list's length, to two digits; else null
ALTER TABLE tool_calls ADD COLUMN argument_sizes VARCHAR;

-- tools that the source says the agent was offered, each as JSON: name, and required and properties where it tells
ALTER TABLE run_descriptions ADD COLUMN declared_tools VARCHAR[];

-- a run that was scored since it was examined is examined again
ALTER TABLE examined_runs ADD COLUMN low_scores BIGINT;

-- one row per run that was examined and tool that it called: all that later runs are compared with
CREATE TABLE used_tools (
    run_id VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    tool_name VARCHAR NOT NULL,
    calls BIGINT NOT NULL,
    arguments VARCHAR[],
    sizes MAP(VARCHAR, DOUBLE)
);

-- one row per tool call that did not fit its tool: fault `unknown tool` or `bad arguments`, basis declared or history
CREATE TABLE tool_call_faults (
    call_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    fault VARCHAR NOT NULL,
    basis VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);

-- whether a harness answered that there is no such tool
CREATE MACRO says_unknown_tool(answer) AS regexp_matches(
    coalesce(answer, ''),
    'no such tool|unknown (tool|action|function)|(tool|function|action) [^ ]+ (was )?(not found|does not exist)|not a valid tool',
    'i'
);

-- whether a harness answered that it refuses the arguments
CREATE MACRO says_bad_arguments(answer) AS regexp_matches(
    coalesce(answer, ''),
    'validation ?error|invalid (arguments|parameters|input)|missing (\d+ )?(a )?required|required (argument|parameter)|unexpected keyword argument|schema',
    'i'
);
