-- A part of the rows is in the file, newer versions of them and more rows in the -wal file.
-- Found in: a bot killed some time after a checkpoint
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, note TEXT);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO trades SELECT i, 'product ' || i % 50, i / 8.0, 'note ' || i FROM n;

PRAGMA wal_checkpoint(TRUNCATE);
UPDATE trades SET price = price + 1000, note = NULL WHERE id % 3 = 0;
DELETE FROM trades WHERE id % 7 = 0;
INSERT INTO trades VALUES (100001, 'in the wal', 2.5, '🚀');
CREATE TABLE only_in_wal (x TEXT);
INSERT INTO only_in_wal VALUES ('y');
