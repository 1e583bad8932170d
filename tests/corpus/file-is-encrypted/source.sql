-- The file looks like random bytes, as an encrypted database does.
-- Found in: SQLCipher and phone databases
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL);
INSERT INTO trades VALUES (1, 'BTC-USDC', 1.5), (2, 'ETH-USDC', 0.1), (3, NULL, NULL);
