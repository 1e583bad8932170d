-- An index holds other entries than its table, so reading through it gives other rows.
-- Found in: crashes without sync, files changed by hand
CREATE TABLE trades (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
CREATE INDEX trades_a ON trades(a);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO trades SELECT i, i % 10, 1000 - i FROM n;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE INDEX trades_a ON trades(b)' WHERE name = 'trades_a';
