-- CREATE TABLE AS SELECT leaves declared types INT, TEXT, NUM, REAL and none at all.
-- Found in: copies and backups made inside the database
CREATE TABLE original (id INTEGER PRIMARY KEY, name VARCHAR(20), price DECIMAL(10,2), data BLOB, at DATETIME, ok BOOLEAN, ratio FLOAT);
INSERT INTO original VALUES (1, 'a', 1.5, x'00', '2024-01-05', 1, 0.5), (2, NULL, 'x', 'text', 5, 't', 1e300);
CREATE TABLE copy AS SELECT * FROM original;
CREATE TABLE sums AS SELECT name AS n, price * 2 AS p, id + 1, CAST(id AS TEXT) AS t, 'c' AS constant, data || 'x' AS d FROM original;
