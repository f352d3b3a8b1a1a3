-- one row: applied drafts of the improver whose effect was decided, and how many of them surely did nothing
-- Nothing: equivalent by every method that decided it, or the same behaviour in every golden trial.
WITH decided AS (
    SELECT
        experiments.subject,
        bool_and(experiments.verdict = 'equivalent' OR coalesce(record ->> 'identical', 'false') = 'true') AS nothing
    FROM experiments
    JOIN changes ON changes.change_id = experiments.subject
    JOIN proposals USING (proposal_id)
    WHERE proposals.kind <> 'rollback' AND NOT starts_with(proposals.drafter, 'person')
        AND (
            experiments.verdict IN ('better', 'worse', 'equivalent')
            OR coalesce(record ->> 'identical', 'false') = 'true'
        )
    GROUP BY experiments.subject
)
SELECT count(*) AS n, count(*) FILTER (nothing) AS nothing FROM decided
