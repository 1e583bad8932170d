-- The target already holds a table of the same name with rows of its own.
-- Found in: a migration run by hand before
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL);
INSERT INTO trades VALUES (1, 'BTC-USDC', 1.5), (2, 'ETH-USDC', 0.1), (3, NULL, NULL);
