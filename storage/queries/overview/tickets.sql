-- one row per line of the ticket files in the period (1) or in as many days before it (0), with its number of tickets
SELECT agent, NULL AS label, (day >= $first_day)::INT::DOUBLE AS value, tickets AS units
FROM support_tickets
WHERE day <= $last_day AND day > $first_day - ($last_day - $first_day + 2)::INTEGER
