-- one row per waiting proposal against a failure that was found in runs, the most frequent failure first
SELECT proposals.proposal_id, count(DISTINCT findings.run_id) AS runs
FROM proposals JOIN findings ON findings.fingerprint = proposals.fingerprint AND findings.agent = proposals.agent
WHERE proposals.state = 'waiting'
GROUP BY proposals.proposal_id
ORDER BY runs DESC, min(proposals.agent) DESC, proposals.proposal_id
