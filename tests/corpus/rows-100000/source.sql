-- A table of 100,000 rows with a composite key, gaps, and a few odd values at block ends.
-- Found in: candles
CREATE TABLE candles (pair TEXT NOT NULL, at INTEGER NOT NULL, open REAL, close REAL, volume REAL, note TEXT, PRIMARY KEY (pair, at));
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
INSERT INTO candles SELECT CASE i % 3 WHEN 0 THEN 'BTC-USDC' WHEN 1 THEN 'ETH-USDC' ELSE 'eth-usdc' END, 1600000000 + i * 60 + i % 7, i / 7.0, i / 3.0, i * 1.5, CASE WHEN i % 1000 = 999 THEN 'row ' || i END FROM n;
