-- Another process holds the file with an exclusive lock.
-- Found in: a bot in the middle of a commit, or in exclusive mode
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL);
INSERT INTO trades VALUES (1, 'BTC-USDC', 1.5), (2, 'ETH-USDC', 0.1), (3, NULL, NULL);
