-- The scores that count tell their task, so that repeats of a task are not taken for so many tasks.

-- one row per score that counts: of one run, or of one task on one day, human before judge before check, then the
-- latest; never pooled. `scored_task`: what was done, the same for its repeats; a score of no named task is its own.
-- Golden runs are no work of the week, so their scores are not in it.
CREATE OR REPLACE MACRO counted_scores(first_day, after_day) AS TABLE
WITH candidates AS (
    SELECT
        scores.agent, scores.day, scores.dimension, scores.score, scores.score_id, scores.run_id, scores.scored_at,
        coalesce(scores.task_id, runs.task_id) AS task_id,
        coalesce(scores.run_id, scores.task_id || ' ' || scores.day, scores.score_id) AS unit,
        concat_ws(', ', runs.task_type, runs.difficulty) AS task_kind,
        CASE scores.scorer_kind WHEN 'human' THEN 1 WHEN 'judge' THEN 2 ELSE 3 END AS kind_rank
    FROM scores LEFT JOIN runs USING (run_id)
    WHERE scores.day >= first_day AND scores.day < after_day AND runs.golden_set IS NULL
),
best_of_unit AS (
    SELECT
        *,
        min(kind_rank) FILTER (run_id IS NULL) OVER same_task AS task_rank,
        min(kind_rank) FILTER (run_id IS NOT NULL) OVER same_task AS run_rank
    FROM candidates
    WINDOW same_task AS (PARTITION BY agent, task_id, day, dimension)
    QUALIFY row_number() OVER (
        PARTITION BY agent, unit, dimension ORDER BY kind_rank, scored_at DESC NULLS LAST, score_id
    ) = 1
)
-- a score of the task stands for its runs where its scorer ranks higher than theirs, else theirs stand
SELECT
    agent, day, unit, dimension, task_kind, score::DECIMAL(18, 9) AS score, coalesce(task_id, unit) AS scored_task
FROM best_of_unit
WHERE task_id IS NULL
    OR (run_id IS NULL AND task_rank < coalesce(run_rank, 9))
    OR (run_id IS NOT NULL AND run_rank <= coalesce(task_rank, 9));
