-- one row per agent and file that alone was the evidence of proposals drafted in a span of time
WITH named AS (
    SELECT proposal_id, agent, unnest(from_json(manifest::JSON -> 'evidence_runs', '["VARCHAR"]')) AS run_id
    FROM proposals
    WHERE created_at >= $start AND created_at < $end AND kind <> 'rollback'
),
one_source AS (
    SELECT proposal_id, named.agent, min(source_file) AS source
    FROM named JOIN runs USING (run_id)
    GROUP BY proposal_id, named.agent
    HAVING count(DISTINCT source_file) = 1
)
SELECT agent, source, count(*) AS proposals FROM one_source GROUP BY agent, source
