-- Local times that a clock change skips or repeats, in several zones, in a TIMESTAMP column.
-- Found in: log times in local time; a server outside UTC changes or rejects them
CREATE TABLE logs (id INTEGER PRIMARY KEY, at TIMESTAMP, note TEXT);
INSERT INTO logs VALUES (1, '2024-03-31 02:30:00', 'skipped in Berlin');
INSERT INTO logs VALUES (2, '2024-10-27 02:30:00', 'twice in Berlin');
INSERT INTO logs VALUES (3, '2024-03-10 02:30:00', 'skipped in New York');
INSERT INTO logs VALUES (4, '2024-11-03 01:30:00', 'twice in New York');
INSERT INTO logs VALUES (5, '2011-12-30 12:00:00', 'a day that Samoa did not have');
INSERT INTO logs VALUES (6, '1970-01-01 00:30:00', 'before the epoch west of Greenwich');
