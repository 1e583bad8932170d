-- The file has pages of 65,536 bytes, which the header writes as 1.
-- Found in: databases of large blobs
PRAGMA page_size = 65536;
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, body TEXT);
CREATE INDEX trades_product ON trades(product);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO trades SELECT i, 'product ' || (i * 37 % 300), printf('%.*c', i * 13, 'b') FROM n;
CREATE TABLE large (id INTEGER PRIMARY KEY, data BLOB);
INSERT INTO large VALUES (1, zeroblob(200000)), (2, x'01');
