-- Forecasts: what a proposal is expected to do, written down before a person decides, and scored when it is measured.

-- one row per proposal and dimension: an interval that the true change lies in with probability `level`
CREATE TABLE forecasts (
    proposal_id VARCHAR NOT NULL,
    dimension VARCHAR NOT NULL,
    low DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    mean DOUBLE NOT NULL,
    level DOUBLE NOT NULL,
    n BIGINT NOT NULL,
    basis VARCHAR NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (proposal_id, dimension)
);
