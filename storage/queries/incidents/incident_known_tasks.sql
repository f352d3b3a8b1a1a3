-- one row per golden task of these that an agent was tried on
SELECT DISTINCT task_id FROM golden_trials WHERE agent = $agent AND list_contains($tasks, task_id)
