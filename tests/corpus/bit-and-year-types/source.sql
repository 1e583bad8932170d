-- Columns declared BIT, BIT(1), BIT(64) and YEAR hold values those types do not have.
-- Found in: schemas copied from SQL Server and MySQL
CREATE TABLE bits (id INTEGER PRIMARY KEY, flag BIT, one BIT(1), mask BIT(64), year YEAR);
INSERT INTO bits VALUES (1, 1, 0, 255, 2024);
INSERT INTO bits VALUES (2, 2, 7, -1, 24);
INSERT INTO bits VALUES (3, 'b''1''', x'01', 9223372036854775807, 1899);
INSERT INTO bits VALUES (4, NULL, '', 0, '0000');
INSERT INTO bits VALUES (5, 'Y', 'N', '10101', 3000);
