-- A REAL column holds words, empty text and numbers with a comma.
-- Found in: sensor logs which write n/a, and locales which write 1,5
CREATE TABLE prices (id INTEGER PRIMARY KEY, price REAL, fee DOUBLE PRECISION, rate FLOAT);
INSERT INTO prices VALUES (1, 1.5, 2.25, 3.125);
INSERT INTO prices VALUES (2, 'n/a', '', 'NaN');
INSERT INTO prices VALUES (3, '1,5', '1.234,50', '--');
INSERT INTO prices VALUES (4, 7, '8', ' 9.5 ');
INSERT INTO prices VALUES (5, NULL, x'01', 'Infinity');
