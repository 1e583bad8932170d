-- Years 0000, 0001, 0999, 9999, 10000, negative and with a sign, and two-digit years.
-- Found in: sentinel dates and historical data
CREATE TABLE history (id INTEGER PRIMARY KEY, day DATE, at DATETIME);
INSERT INTO history VALUES (1, '0000-01-01', '0000-01-01 00:00:00');
INSERT INTO history VALUES (2, '0001-01-01', '0001-01-01 00:00:00');
INSERT INTO history VALUES (3, '0999-12-31', '0999-12-31 23:59:59');
INSERT INTO history VALUES (4, '9999-12-31', '9999-12-31 23:59:59.999');
INSERT INTO history VALUES (5, '10000-01-01', '+10000-01-01 00:00:00');
INSERT INTO history VALUES (6, '-0044-03-15', '-4713-11-24 12:00:00');
INSERT INTO history VALUES (7, '24-01-05', '69-01-01 00:00:00');
INSERT INTO history VALUES (8, '2024-1-5', '2024-1-5 1:2:3');
