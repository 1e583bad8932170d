-- The last frame of the -wal file is cut; what is whole before it counts.
-- Found in: power loss
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, note TEXT);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO trades SELECT i, 'product ' || i % 50, i / 8.0, 'note ' || i FROM n;

UPDATE trades SET price = 7 WHERE id = 1;
UPDATE trades SET price = 8 WHERE id = 2;
