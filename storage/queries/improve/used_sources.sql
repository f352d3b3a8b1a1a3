-- one row per agent and file that alone was the evidence of proposals drafted in a span of time
-- Rollbacks and what people asked for are not counted; a proposal that was rebuilt from a commit has no manifest.
WITH named AS (
    SELECT proposal_id, agent, unnest(from_json(try_cast(manifest AS JSON) -> 'evidence_runs', '["VARCHAR"]')) AS run_id
    FROM proposals
    WHERE created_at >= $start AND created_at < $end AND kind <> 'rollback' AND NOT starts_with(drafter, 'person:')
),
one_source AS (
    SELECT proposal_id, named.agent, min(source_file) AS source
    FROM named JOIN runs USING (run_id)
    GROUP BY proposal_id, named.agent
    HAVING count(DISTINCT source_file) = 1
)
SELECT agent, source, count(*) AS proposals FROM one_source GROUP BY agent, source
