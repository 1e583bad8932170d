-- Datetimes with T, with Z, with offsets of hours and of half hours, in one column.
-- Found in: ISO text from several programs; a DATETIME column would drop the offset
CREATE TABLE events (id INTEGER PRIMARY KEY, at DATETIME, also TIMESTAMP, text_at TEXT);
INSERT INTO events VALUES (1, '2024-01-05 12:30:45', '2024-01-05 12:30:45', '2024-01-05 12:30:45');
INSERT INTO events VALUES (2, '2024-01-05T12:30:45', '2024-01-05T12:30:45Z', '2024-01-05T12:30:45Z');
INSERT INTO events VALUES (3, '2024-01-05T12:30:45+00:00', '2024-01-05 12:30:45+02:00', '2024-01-05T12:30:45-05:30');
INSERT INTO events VALUES (4, '2024-01-05T12:30Z', '2024-01-05 12:30', '2024-01-05T12');
INSERT INTO events VALUES (5, '2024-01-05t12:30:45z', '2024-01-05 12:30:45 UTC', '2024-01-05 12:30:45 Europe/Berlin');
