-- Datetimes with 1, 3, 6 and 9 digits of fraction, trailing zeros and a comma.
-- Found in: clocks of several languages; servers cut or round what they cannot hold
CREATE TABLE ticks (id INTEGER PRIMARY KEY, at DATETIME);
INSERT INTO ticks(at) VALUES ('2024-01-05 12:30:45'), ('2024-01-05 12:30:45.1'), ('2024-01-05 12:30:45.123'), ('2024-01-05 12:30:45.123456');
INSERT INTO ticks(at) VALUES ('2024-01-05 12:30:45.123456789'), ('2024-01-05 12:30:45.100'), ('2024-01-05 12:30:45.000000'), ('2024-01-05 12:30:45,5');
INSERT INTO ticks(at) VALUES ('2024-01-05 12:30:45.'), ('2024-01-05 12:30:59.9999999'), ('2024-12-31 23:59:59.999999999');
