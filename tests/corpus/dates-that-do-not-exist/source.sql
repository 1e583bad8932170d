-- 30 February, month 13, 24:00:00, a leap second, and hour 25, in date columns.
-- Found in: text never checked by anyone
CREATE TABLE bookings (id INTEGER PRIMARY KEY, day DATE, at DATETIME);
INSERT INTO bookings VALUES (1, '2024-02-29', '2024-02-29 23:59:59');
INSERT INTO bookings VALUES (2, '2024-02-30', '2024-02-30 12:00:00');
INSERT INTO bookings VALUES (3, '2023-02-29', '2023-02-29 00:00:00');
INSERT INTO bookings VALUES (4, '2024-13-01', '2024-01-05 24:00:00');
INSERT INTO bookings VALUES (5, '2024-01-32', '2016-12-31 23:59:60');
INSERT INTO bookings VALUES (6, '2024-04-31', '2024-01-05 25:61:61');
