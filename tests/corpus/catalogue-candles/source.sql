-- Candle tables of two products with all frequencies in one table each.
-- Found in: the candle files, one per product
CREATE TABLE ohlcv_BTC_USDC (
  timestamp TEXT NOT NULL, freq TEXT NOT NULL, open REAL, high REAL, low REAL, close REAL, volume REAL,
  start_dttm TEXT, end_dttm TEXT, upd_dttm TEXT DEFAULT CURRENT_TIMESTAMP, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  start_unix INTEGER DEFAULT 0, end_unix INTEGER DEFAULT 0, upd_unix INTEGER DEFAULT 0, dlm_unix INTEGER DEFAULT 0,
  PRIMARY KEY (freq, timestamp)
);
CREATE TABLE ohlcv_ETH_USDC (
  timestamp TEXT NOT NULL, freq TEXT NOT NULL, open REAL, high REAL, low REAL, close REAL, volume REAL,
  start_dttm TEXT, end_dttm TEXT, upd_dttm TEXT DEFAULT CURRENT_TIMESTAMP, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  start_unix INTEGER DEFAULT 0, end_unix INTEGER DEFAULT 0, upd_unix INTEGER DEFAULT 0, dlm_unix INTEGER DEFAULT 0,
  PRIMARY KEY (freq, timestamp)
);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
INSERT INTO ohlcv_BTC_USDC (timestamp, freq, open, high, low, close, volume, start_dttm, end_dttm, upd_dttm, dlm, start_unix, end_unix, upd_unix, dlm_unix)
SELECT datetime(1754784000 + i * 60, 'unixepoch'), '1min', 100.0 + i / 4.0, 100.0 + i / 4.0 + 0.5, 100.0 + i / 4.0 - 0.25, 100.0 + i / 4.0 + 0.125, i * 0.5, datetime(1754784000 + i * 60, 'unixepoch'), datetime(1754784000 + i * 60 + 59, 'unixepoch'), '2025-08-11 00:00:00', '2025-08-11 00:00:00', 1754784000 + i * 60, 1754784000 + i * 60 + 59, 1754870400, 1754870400 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
INSERT INTO ohlcv_BTC_USDC (timestamp, freq, open, high, low, close, volume, start_dttm, end_dttm, upd_dttm, dlm, start_unix, end_unix, upd_unix, dlm_unix)
SELECT datetime(1754784000 + i * 3600, 'unixepoch'), '1h', 100.0 + i / 4.0, 100.0 + i / 4.0 + 0.5, 100.0 + i / 4.0 - 0.25, 100.0 + i / 4.0 + 0.125, i * 0.5, datetime(1754784000 + i * 3600, 'unixepoch'), datetime(1754784000 + i * 3600 + 3599, 'unixepoch'), '2025-08-11 00:00:00', '2025-08-11 00:00:00', 1754784000 + i * 3600, 1754784000 + i * 3600 + 3599, 1754870400, 1754870400 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
INSERT INTO ohlcv_BTC_USDC (timestamp, freq, open, high, low, close, volume, start_dttm, end_dttm, upd_dttm, dlm, start_unix, end_unix, upd_unix, dlm_unix)
SELECT datetime(1735689600 + i * 86400, 'unixepoch'), '1d', 100.0 + i / 4.0, 100.0 + i / 4.0 + 0.5, 100.0 + i / 4.0 - 0.25, 100.0 + i / 4.0 + 0.125, i * 0.5, datetime(1735689600 + i * 86400, 'unixepoch'), datetime(1735689600 + i * 86400 + 86399, 'unixepoch'), '2025-08-11 00:00:00', '2025-08-11 00:00:00', 1735689600 + i * 86400, 1735689600 + i * 86400 + 86399, 1754870400, 1754870400 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
INSERT INTO ohlcv_ETH_USDC (timestamp, freq, open, high, low, close, volume, start_dttm, end_dttm, upd_dttm, dlm, start_unix, end_unix, upd_unix, dlm_unix)
SELECT datetime(1754784000 + i * 300, 'unixepoch'), '5min', 0.0625 + i / 4.0, 0.0625 + i / 4.0 + 0.5, 0.0625 + i / 4.0 - 0.25, 0.0625 + i / 4.0 + 0.125, i * 0.5, datetime(1754784000 + i * 300, 'unixepoch'), datetime(1754784000 + i * 300 + 299, 'unixepoch'), '2025-08-11 00:00:00', '2025-08-11 00:00:00', 1754784000 + i * 300, 1754784000 + i * 300 + 299, 1754870400, 1754870400 FROM n;
