-- A column has the empty name.
-- Found in: CSV files with an index column without a header
CREATE TABLE frame ("" INTEGER, price REAL, "unnamed" TEXT);
INSERT INTO frame VALUES (0, 1.5, 'a'), (1, 2.5, 'b');
CREATE TABLE keyed ("" INTEGER PRIMARY KEY, value TEXT);
INSERT INTO keyed VALUES (1, 'x');
