-- WITHOUT ROWID with composite keys, a descending part, and a key in another order than the columns.
-- Found in: candles and order books
CREATE TABLE candles (close REAL, at INTEGER, pair TEXT, volume REAL, PRIMARY KEY (pair, at DESC)) WITHOUT ROWID;
INSERT INTO candles VALUES (1.5, 100, 'BTC', 10), (1.6, 200, 'BTC', 11), (2.5, 100, 'ETH', 12), (2.6, 100, 'eth', 13);
CREATE TABLE wide_key (a, b, c, d, PRIMARY KEY (d, b, a)) WITHOUT ROWID;
INSERT INTO wide_key VALUES (1, 'x', NULL, x'00'), (1, 'x', NULL, x'01'), (1.5, 'x', 'c', x'00'), ('1', 'x', 5, x'00');
