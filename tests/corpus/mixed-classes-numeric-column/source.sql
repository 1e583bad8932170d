-- A NUMERIC column holds integers, reals, words and blobs, because affinity only converts what it can.
-- Found in: exports from tools that declare every column NUMERIC
CREATE TABLE readings (id INTEGER PRIMARY KEY, value NUMERIC, amount DECIMAL(10,2));
INSERT INTO readings VALUES (1, 5, 5);
INSERT INTO readings VALUES (2, 5.5, 5.25);
INSERT INTO readings VALUES (3, 'abc', 'void');
INSERT INTO readings VALUES (4, x'00ff', x'');
INSERT INTO readings VALUES (5, '5.50', '1e2');
INSERT INTO readings VALUES (6, 1e20, -1e-20);
INSERT INTO readings VALUES (7, NULL, NULL);
INSERT INTO readings VALUES (8, '', ' ');
