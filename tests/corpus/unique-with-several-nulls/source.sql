-- Unique columns, single and composite, hold several NULLs, an empty text and a zero.
-- Found in: optional but unique fields such as an order id
CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT UNIQUE, exchange TEXT, number INTEGER, UNIQUE (exchange, number));
INSERT INTO orders VALUES (1, NULL, NULL, NULL);
INSERT INTO orders VALUES (2, NULL, NULL, NULL);
INSERT INTO orders VALUES (3, '', 'cb', NULL);
INSERT INTO orders VALUES (4, 'u-1', 'cb', NULL);
INSERT INTO orders VALUES (5, '0', 'cb', 0);
INSERT INTO orders VALUES (6, NULL, NULL, 0);
