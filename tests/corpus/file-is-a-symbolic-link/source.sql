-- The path is a symbolic link; the -wal file stands beside the true file.
-- Found in: data folders on another disk
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, note TEXT);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO trades SELECT i, 'product ' || i % 50, i / 8.0, 'note ' || i FROM n;
