-- There is no file at the path.
-- Found in: a mistyped path; opening it must not create it
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL);
INSERT INTO trades VALUES (1, 'BTC-USDC', 1.5), (2, 'ETH-USDC', 0.1), (3, NULL, NULL);
