-- one row: the time of the newest run (golden runs are no work) and the newest scored day, neither in the future
SELECT
    (SELECT max(started_at) FROM runs WHERE started_at <= $now AND golden_set IS NULL) AS run_at,
    (SELECT max(day) FROM scores WHERE day <= $today) AS scored_day
