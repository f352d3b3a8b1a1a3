-- one row per decided trial of a golden run: its task, and its score on success
SELECT trials.task_id, scores.score::DOUBLE AS score
FROM golden_trials AS trials JOIN scores ON scores.run_id = trials.run_id AND scores.dimension = 'success'
WHERE trials.golden_run = $golden_run AND trials.outcome IN ('pass', 'fail')
ORDER BY trials.task_id, trials.trial
