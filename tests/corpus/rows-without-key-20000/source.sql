-- 20,000 rows without a key, each of them four times.
-- Found in: tick logs
CREATE TABLE ticks (at INTEGER, price REAL, side TEXT);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
INSERT INTO ticks SELECT i / 4, (i / 4) / 8.0, CASE WHEN i / 4 % 2 THEN 'buy' ELSE 'sell' END FROM n;
