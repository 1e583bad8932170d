-- All rows are committed but stand in the -wal file only, because the writer was killed.
-- Found in: a bot killed with kill -9; copying only the .db loses them
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, note TEXT);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO trades SELECT i, 'product ' || i % 50, i / 8.0, 'note ' || i FROM n;
