-- one row per changed model call with its price by the table of its day; NULL where a figure or a rate is missing.
-- Whole picodollars per token, so nothing is rounded before the end. Rates hold for a model's dated and `latest`
-- names too, but not for its siblings: a price of another model is worse than none. A longer prompt may have rates of
-- its own; whether the calls of a sum were that long is not known, so they have no price then.
CREATE OR REPLACE TEMP TABLE call_prices AS
WITH named AS (
    SELECT DISTINCT
        model, CAST(coalesce(started_at, ended_at, TIMESTAMPTZ '9999-12-31') AS DATE) AS day,
        regexp_replace(lower(model), '^(.*/)?((us|eu|apac|au|jp|global)\.)?(anthropic\.)?', '') AS name
    FROM changed_model_calls
    WHERE model IS NOT NULL
),
lengths AS (
    SELECT *, lead(from_input_tokens) OVER (PARTITION BY model, valid_from ORDER BY from_input_tokens) AS below
    FROM prices
),
newest AS (
    SELECT DISTINCT ON (n.model, n.day) n.model, n.day, p.model AS listed, p.valid_from
    FROM named AS n JOIN prices AS p ON starts_with(n.name, p.model) AND p.valid_from <= n.day
    WHERE regexp_full_match(
        substr(n.name, length(p.model) + 1),
        '([-@](latest|preview|\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{4}))*(-v\d+(:\d+)?)?'
    )
    ORDER BY n.model, n.day, length(p.model) DESC, p.valid_from DESC
),
rates AS (
    SELECT n.model, n.day, l.* EXCLUDE (model, valid_from)
    FROM newest AS n JOIN lengths AS l ON l.model = n.listed AND l.valid_from = n.valid_from
),
picodollars AS (
    SELECT
        c.call_id,
        -- parts that are absent cost nothing; parts that are present need their rate
        greatest(input_tokens - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0), 0)::HUGEINT * input
        + output_tokens::HUGEINT * output
        + CASE WHEN coalesce(cache_read_tokens, 0) = 0 THEN 0 ELSE cache_read_tokens::HUGEINT * cache_read END
        + CASE WHEN coalesce(cache_write_1h_tokens, 0) = 0 THEN 0
            ELSE cache_write_1h_tokens::HUGEINT * cache_write_1h END
        + CASE WHEN coalesce(cache_write_tokens, 0) <= coalesce(cache_write_1h_tokens, 0) THEN 0
            ELSE (cache_write_tokens - coalesce(cache_write_1h_tokens, 0))::HUGEINT * cache_write_5m END AS cost
    FROM changed_model_calls AS c
    JOIN rates AS r ON r.model = c.model AND r.day = CAST(coalesce(c.started_at, c.ended_at, TIMESTAMPTZ '9999-12-31') AS DATE)
        AND c.input_tokens >= r.from_input_tokens AND c.input_tokens < coalesce(r.below, 9223372036854775807)
        AND (r.from_input_tokens = 0 OR NOT c.is_aggregate)
)
SELECT
    call_id,
    TRY_CAST(TRY_CAST((cost + 500) // 1000 AS DECIMAL(18, 0)) * CAST(0.000000001 AS DECIMAL(9, 9)) AS DECIMAL(18, 9))
        AS priced_usd
FROM changed_model_calls LEFT JOIN picodollars USING (call_id)
