-- The server runs five and a half hours from UTC.
-- Found in: servers in local time
CREATE TABLE logs (id INTEGER PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, also DATETIME);
INSERT INTO logs VALUES (1, '2024-03-31 02:30:00', '2024-03-31 02:30:00'), (2, '1970-01-01 00:00:01', '2038-01-19 03:14:07'), (3, '1970-01-01 03:00:00', '2038-01-19 08:00:00');
