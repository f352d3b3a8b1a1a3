-- one row: whether runs are of agents that the workspace now gives another name or type
SELECT EXISTS (
    SELECT 1
    FROM runs AS r JOIN (
        SELECT unnest(CAST($aliases AS VARCHAR[])) AS alias, unnest(CAST($names AS VARCHAR[])) AS name,
            unnest(CAST($types AS VARCHAR[])) AS type
    ) AS a ON a.alias = lower(r.agent)
    WHERE r.agent IS DISTINCT FROM a.name OR r.agent_type IS DISTINCT FROM a.type
) AS retyped
