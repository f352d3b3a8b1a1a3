-- one row per kind of failure or task whose draft broke a rule of this policy
SELECT DISTINCT agent, subject AS fingerprint FROM events
WHERE kind = 'proposal_refused' AND (payload ->> 'policy_version') = $policy
