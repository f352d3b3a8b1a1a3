-- Escalation: what people are told of incidents, each message once, and what could not be delivered.

-- one row per message: an incident, what is told of it, and to whom. The id makes telling it again
-- harmless. state: waiting, sent, dead (given up), dropped (overtaken before it was sent). due_at: not before.
-- leased_until: a process is sending it, or was killed while it did; attempts counts those that began.
CREATE TABLE outbox (
    message_id VARCHAR PRIMARY KEY,
    incident_id VARCHAR NOT NULL,
    agent VARCHAR,
    severity VARCHAR NOT NULL,
    event VARCHAR NOT NULL,
    step BIGINT NOT NULL,
    route VARCHAR NOT NULL,
    recipient VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    queued_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    attempts BIGINT NOT NULL,
    error VARCHAR,
    ended_at TIMESTAMPTZ
);

-- one row per message that was given up, with why
CREATE VIEW dead_letters AS
SELECT
    message_id, incident_id, agent, severity, event, step, route, recipient, title, queued_at, ended_at AS given_up_at,
    attempts, error
FROM outbox
WHERE state = 'dead';
