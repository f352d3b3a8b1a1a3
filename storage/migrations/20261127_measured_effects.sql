-- Measured effects: how each was measured, and what the forecasts were worth.

-- production: the scores of two weeks before and after; golden: the same golden tasks with and without the change
ALTER TABLE experiments ADD COLUMN method VARCHAR DEFAULT 'production';

-- one row per forecast that was held against its measurement: `covered`: the measured change lies in the interval
CREATE TABLE forecast_scores (
    proposal_id VARCHAR NOT NULL,
    dimension VARCHAR NOT NULL,
    low DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    mean DOUBLE NOT NULL,
    level DOUBLE NOT NULL,
    delta DOUBLE NOT NULL,
    covered BOOLEAN NOT NULL,
    width DOUBLE NOT NULL,
    experiment_id VARCHAR NOT NULL,
    scored_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (proposal_id, dimension)
);
