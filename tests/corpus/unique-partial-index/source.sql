-- A partial unique index allows repeats outside its condition.
-- Found in: one open position per product
CREATE TABLE positions (id INTEGER PRIMARY KEY, product TEXT, state TEXT);
CREATE UNIQUE INDEX one_open ON positions(product) WHERE state = 'OPEN';
INSERT INTO positions VALUES (1, 'BTC', 'OPEN'), (2, 'BTC', 'CLOSE'), (3, 'BTC', 'CLOSE'), (4, 'ETH', 'OPEN'), (5, NULL, 'OPEN'), (6, NULL, 'OPEN');
