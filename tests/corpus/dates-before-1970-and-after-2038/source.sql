-- TIMESTAMP columns hold dates outside the range of the type: 1969, 1901, 2038 and 2106.
-- Found in: birthdays and end-of-contract dates; MySQL TIMESTAMP ends in January 2038
CREATE TABLE contracts (id INTEGER PRIMARY KEY, begins TIMESTAMP, ends TIMESTAMP);
INSERT INTO contracts VALUES (1, '1970-01-01 00:00:00', '2038-01-19 03:14:07');
INSERT INTO contracts VALUES (2, '1969-12-31 23:59:59', '2038-01-19 03:14:08');
INSERT INTO contracts VALUES (3, '1901-12-13 20:45:52', '2106-02-07 06:28:16');
INSERT INTO contracts VALUES (4, '1970-01-01 00:00:01', '2999-12-31 23:59:59');
INSERT INTO contracts VALUES (5, '1752-09-14 00:00:00', '9999-12-31 23:59:59');
