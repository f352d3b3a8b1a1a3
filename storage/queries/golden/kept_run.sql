-- one row per golden run of that id, as it was left
SELECT seed, started_at, state FROM golden_runs WHERE golden_run = $golden_run
