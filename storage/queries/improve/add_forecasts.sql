-- one row written per forecast that is not there yet (staged as new_forecasts)
INSERT INTO forecasts BY NAME
SELECT * FROM new_forecasts ANTI JOIN forecasts USING (proposal_id, dimension)
