-- Columns declared INTEGER, INT and BIGINT hold text that is no number beside real integers.
-- Found in: spreadsheets imported by hand, columns that once held a code and now a number
CREATE TABLE orders (id INTEGER PRIMARY KEY, quantity INTEGER, lots INT, volume BIGINT);
INSERT INTO orders VALUES (1, 10, 20, 30);
INSERT INTO orders VALUES (2, 'ten', 'n/a', '-');
INSERT INTO orders VALUES (3, '', ' ', '12 pcs');
INSERT INTO orders VALUES (4, '12abc', '0x10', '1,000');
INSERT INTO orders VALUES (5, NULL, -1, 9223372036854775807);
