-- The file has statistics tables of ANALYZE: sqlite_stat1 and sqlite_stat4.
-- Found in: databases tuned by hand
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO trades SELECT i, 'p' || i % 7, i / 2.0 FROM n;
ANALYZE;
