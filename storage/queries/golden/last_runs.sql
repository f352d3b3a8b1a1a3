-- one row per set and agent: the config and the set of the last golden run that ended
SELECT DISTINCT ON (golden_set, agent) golden_set, agent, config_digest, set_digest, ended_at
FROM golden_runs
WHERE state NOT IN ('running', 'variant')
ORDER BY golden_set, agent, started_at DESC
