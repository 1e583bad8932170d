-- A file of another database, or of nothing, stands where the -wal file would.
-- Found in: files copied into one folder
PRAGMA journal_mode = WAL;
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, note TEXT);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO trades SELECT i, 'product ' || i % 50, i / 8.0, 'note ' || i FROM n;
