-- Incidents and what postmortems left to do: both are what their events say, so neither can disagree with the time line.

-- one row per incident. state: open, acknowledged, closed. kind: behaviour, budget, cost, policy, bench. severity: P1 to
-- P3, the worst that a signal of it had. started_at: when it began, as its signals tell, else NULL; detected_at: when it
-- was opened; closed_at: when its rule (closed_by `rule`) found it over, or a person closed it with a reason;
-- resolved_at: since when it was over, which is earlier where a rule waits for some days. causes: a JSON array, the
-- likeliest first. recurs: the closed incident of the same cause that this one follows. NULL: has not happened.
CREATE VIEW incidents AS
WITH told AS (
    SELECT
        subject AS incident_id,
        arg_min(payload ->> 'by', "at") FILTER (kind = 'incident_acknowledged') AS acknowledged_by,
        min("at") FILTER (kind = 'incident_acknowledged') AS acknowledged_at,
        min("at") FILTER (kind IN ('incident_resolved', 'incident_closed')) AS closed_at,
        arg_min(coalesce((payload ->> 'resolved_at')::TIMESTAMPTZ, "at"), "at")
            FILTER (kind IN ('incident_resolved', 'incident_closed')) AS resolved_at,
        arg_min(payload ->> 'by', "at") FILTER (kind IN ('incident_resolved', 'incident_closed')) AS closed_by,
        arg_min(payload ->> 'reason', "at") FILTER (kind IN ('incident_resolved', 'incident_closed')) AS reason,
        min(payload ->> 'severity') FILTER (kind = 'incident_signal') AS severity,
        min((payload ->> 'started_at')::TIMESTAMPTZ) FILTER (kind = 'incident_signal') AS started_at,
        count(*) FILTER (kind = 'incident_signal') AS signals,
        arg_max(payload -> 'causes', "at") FILTER (kind = 'incident_causes') AS causes,
        max("at") AS updated_at
    FROM events
    WHERE starts_with(kind, 'incident_')
    GROUP BY subject
)
SELECT
    opened.subject AS incident_id,
    opened.agent,
    opened.payload ->> 'kind' AS kind,
    coalesce(told.severity, opened.payload ->> 'severity') AS severity,
    CASE
        WHEN told.closed_at IS NOT NULL THEN 'closed'
        WHEN told.acknowledged_at IS NOT NULL THEN 'acknowledged'
        ELSE 'open'
    END AS state,
    opened.payload ->> 'fingerprint' AS fingerprint,
    opened.payload ->> 'title' AS title,
    opened.payload ->> 'owner' AS owner,
    told.started_at,
    opened."at" AS detected_at,
    told.acknowledged_at,
    told.acknowledged_by,
    told.resolved_at,
    told.closed_at,
    told.closed_by,
    told.reason,
    told.signals,
    coalesce(told.causes, '[]') AS causes,
    opened.payload ->> 'recurs' AS recurs,
    told.updated_at
FROM events AS opened JOIN told ON told.incident_id = opened.subject
WHERE opened.kind = 'incident_opened';

-- one row per action item that a postmortem, or a person, left to do. due: the last day. NULL done_at: still to do
CREATE VIEW incident_actions AS
SELECT
    asked.event_id AS action_id,
    asked.subject AS incident_id,
    asked.agent,
    asked.payload ->> 'what' AS what,
    asked.payload ->> 'owner' AS owner,
    (asked.payload ->> 'due')::DATE AS due,
    asked."at" AS asked_at,
    asked.payload ->> 'by' AS asked_by,
    done."at" AS done_at,
    done.payload ->> 'by' AS done_by,
    done.payload ->> 'outcome' AS outcome
FROM events AS asked
LEFT JOIN events AS done ON done.kind = 'incident_item_done' AND (done.payload ->> 'action_id') = asked.event_id
WHERE asked.kind = 'incident_item';
