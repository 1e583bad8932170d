-- Date columns hold empty text, 0000-00-00, 2024-00-00, the number 0, spaces and NULL.
-- Found in: MySQL-born data and forms; strict mode rejects them, loose mode makes them all alike
CREATE TABLE deadlines (id INTEGER PRIMARY KEY, day DATE, at DATETIME, stamp TIMESTAMP);
INSERT INTO deadlines VALUES (1, '2024-01-05', '2024-01-05 00:00:00', '2024-01-05 00:00:00');
INSERT INTO deadlines VALUES (2, '', '', '');
INSERT INTO deadlines VALUES (3, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00');
INSERT INTO deadlines VALUES (4, '2024-00-00', '2024-01-00 00:00:00', '1970-01-01 00:00:00');
INSERT INTO deadlines VALUES (5, 0, 0, 0);
INSERT INTO deadlines VALUES (6, ' ', 'never', 'tbd');
INSERT INTO deadlines VALUES (7, NULL, NULL, NULL);
