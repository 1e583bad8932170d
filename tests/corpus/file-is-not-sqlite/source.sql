-- The file is text and no database.
-- Found in: a wrong path, an exported CSV called .db
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL);
INSERT INTO trades VALUES (1, 'BTC-USDC', 1.5), (2, 'ETH-USDC', 0.1), (3, NULL, NULL);
