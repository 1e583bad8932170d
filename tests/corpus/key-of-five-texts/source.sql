-- A composite primary key of five text columns, far over the key length of the target if taken by declaration.
-- Found in: settings by user, product, strategy, frequency and name
CREATE TABLE settings (user TEXT, product VARCHAR(255), strategy VARCHAR(255), freq VARCHAR(255), name VARCHAR(255), value, PRIMARY KEY (user, product, strategy, freq, name));
INSERT INTO settings VALUES ('u', 'BTC-USDC', 'sha', '1h', 'limit', 5);
INSERT INTO settings VALUES ('u', 'BTC-USDC', 'sha', '1h', 'Limit', 6);
INSERT INTO settings VALUES ('', '', '', '', '', NULL);
INSERT INTO settings SELECT printf('%.*c', 300, 'u'), printf('%.*c', 300, 'p'), printf('%.*c', 300, 's'), printf('%.*c', 300, 'f'), printf('%.*c', 300, 'n'), 7;
