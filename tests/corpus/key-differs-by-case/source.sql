-- Text keys are equal but for upper and lower case.
-- Found in: tickers, user names, file names
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('btc-usdc', 1);
INSERT INTO products VALUES ('BTC-USDC', 2);
INSERT INTO products VALUES ('Btc-Usdc', 3);
INSERT INTO products VALUES ('straße', 4);
INSERT INTO products VALUES ('STRASSE', 5);
INSERT INTO products VALUES ('é', 6);
INSERT INTO products VALUES ('É', 7);
INSERT INTO aliases(id, name) VALUES (1, 'btc-usdc');
INSERT INTO aliases(id, name) VALUES (2, 'BTC-USDC');
INSERT INTO aliases(id, name) VALUES (3, 'Btc-Usdc');
INSERT INTO aliases(id, name) VALUES (4, 'straße');
INSERT INTO aliases(id, name) VALUES (5, 'STRASSE');
INSERT INTO aliases(id, name) VALUES (6, 'é');
INSERT INTO aliases(id, name) VALUES (7, 'É');
