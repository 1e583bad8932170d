-- A text of 400 and one of 5000 digits, in a NUMERIC and in a TEXT column.
-- Found in: keys and moduli stored as decimal text
CREATE TABLE keys_of_numbers (id INTEGER PRIMARY KEY, modulus TEXT, loose);
INSERT INTO keys_of_numbers VALUES (1, '1' || printf('%.*c', 399, '7'), '1' || printf('%.*c', 399, '7'));
INSERT INTO keys_of_numbers VALUES (2, printf('%.*c', 5000, '9'), printf('%.*c', 5000, '9'));
INSERT INTO keys_of_numbers VALUES (3, '0.' || printf('%.*c', 300, '0') || '1', NULL);
