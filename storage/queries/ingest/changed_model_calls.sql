-- one row per model call that is new or now known better: owned where it was earliest, with its latest usage.
-- Both orders are total over what they choose, so sightings give the same call in any order and any number.
-- What is sighted once, which is nearly all, needs no merge.
CREATE OR REPLACE TEMP TABLE changed_model_calls AS
WITH several AS (
    SELECT call_id FROM stored_model_calls
    UNION
    SELECT call_id FROM new_model_calls GROUP BY call_id HAVING count(*) > 1
),
given AS (
    SELECT
        * EXCLUDE (reported_cost_nano_usd),
        CAST(reported_cost_nano_usd * CAST(0.000000001 AS DECIMAL(9, 9)) AS DECIMAL(18, 9)) AS reported_usd
    FROM new_model_calls
),
sightings AS (
    SELECT * EXCLUDE (stored_row) FROM stored_model_calls
    UNION ALL BY NAME
    SELECT * FROM given SEMI JOIN several USING (call_id)
),
owners AS (
    SELECT DISTINCT ON (call_id) call_id, run_id, seq, started_at
    FROM sightings
    ORDER BY call_id, started_at NULLS LAST, run_id, seq
),
usages AS (
    SELECT DISTINCT ON (call_id) * EXCLUDE (run_id, seq, started_at)
    FROM sightings
    ORDER BY
        call_id, ended_at DESC NULLS LAST, is_aggregate, output_tokens DESC NULLS LAST, input_tokens DESC NULLS LAST,
        cache_read_tokens DESC NULLS LAST, cache_write_tokens DESC NULLS LAST, cache_write_1h_tokens DESC NULLS LAST,
        reasoning_tokens DESC NULLS LAST, reported_usd DESC NULLS LAST, duration_ms DESC NULLS LAST,
        model NULLS LAST, provider NULLS LAST, error_type NULLS LAST
),
merged AS (
    SELECT call_id, run_id, seq, model, provider, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
        cache_write_1h_tokens, reasoning_tokens, reported_usd, started_at, ended_at, duration_ms, error_type,
        is_aggregate
    FROM owners JOIN usages USING (call_id)
    EXCEPT
    SELECT call_id, run_id, seq, model, provider, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
        cache_write_1h_tokens, reasoning_tokens, reported_usd, started_at, ended_at, duration_ms, error_type,
        is_aggregate
    FROM stored_model_calls
)
SELECT * FROM merged
UNION ALL BY NAME
SELECT * FROM given ANTI JOIN several USING (call_id)
