-- A DECIMAL(10,2) column holds reals with more digits after the point and more before it than declared.
-- Found in: money columns: SQLite reads the declaration as NUMERIC and keeps a double
CREATE TABLE invoices (id INTEGER PRIMARY KEY, total DECIMAL(10,2), tax NUMERIC(5,2), small DECIMAL(3,3));
INSERT INTO invoices VALUES (1, 12.34, 0.19, 0.125);
INSERT INTO invoices VALUES (2, 12.345, 0.195, 1.5);
INSERT INTO invoices VALUES (3, 99999999999.99, 100000, 12345.678);
INSERT INTO invoices VALUES (4, 0.1 + 0.2, 1e-10, -1);
INSERT INTO invoices VALUES (5, 19.99, 7, 0);
