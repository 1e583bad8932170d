-- DATE columns hold datetimes, DATETIME columns hold dates only, and TIME columns both.
-- Found in: ORMs of different versions
CREATE TABLE shifts (id INTEGER PRIMARY KEY, day DATE, at DATETIME, clock TIME);
INSERT INTO shifts VALUES (1, '2024-01-05', '2024-01-05 12:00:00', '12:00:00');
INSERT INTO shifts VALUES (2, '2024-01-05 12:34:56', '2024-01-05', '2024-01-05 12:00:00');
INSERT INTO shifts VALUES (3, '2024-01-05 00:00:00', '2024-01-05 00:00', '12:00');
INSERT INTO shifts VALUES (4, '2024-01', '2024', '2024-01-05');
