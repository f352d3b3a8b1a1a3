-- one row per run that shows a class of failure that is new to its agent, and of which no draft was made or refused yet
SELECT due.event_id, due.agent, due.subject AS run_id, due.payload ->> 'failure_class' AS failure_class
FROM events AS due
WHERE due.kind = 'golden_draft_due'
    AND NOT EXISTS (
        SELECT 1 FROM events AS done WHERE done.kind = 'golden_draft_made' AND done.subject = due.event_id
    )
ORDER BY due.at, due.event_id
