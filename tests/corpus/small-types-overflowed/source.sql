-- TINYINT holds 300, SMALLINT 70000, MEDIUMINT 20 million, INT over 31 bits, UNSIGNED a negative.
-- Found in: schemas copied from MySQL, where the declaration bound; SQLite never checked
CREATE TABLE numbers (id INTEGER PRIMARY KEY, tiny TINYINT, small SMALLINT, medium MEDIUMINT, normal INT, big UNSIGNED BIG INT, short INT2, long INT8);
INSERT INTO numbers VALUES (1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO numbers VALUES (2, 300, 70000, 20000000, 3000000000, -1, 40000, 9223372036854775807);
INSERT INTO numbers VALUES (3, -129, -32769, -8388609, -2147483649, -9223372036854775808, -40000, -1);
