-- Candles with prices under 1e-9, volumes over 1e15, empty numbers as NULL, and dates with Z.
-- Found in: candles of very cheap coins
CREATE TABLE ohlcv_SHIB_USDC (
  timestamp TEXT NOT NULL, freq TEXT NOT NULL, open REAL, high REAL, low REAL, close REAL, volume REAL,
  start_dttm TEXT, end_dttm TEXT, upd_dttm TEXT DEFAULT CURRENT_TIMESTAMP, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  start_unix INTEGER DEFAULT 0, end_unix INTEGER DEFAULT 0, upd_unix INTEGER DEFAULT 0, dlm_unix INTEGER DEFAULT 0,
  PRIMARY KEY (freq, timestamp)
);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19)
INSERT INTO ohlcv_SHIB_USDC (timestamp, freq, open, high, low, close, volume, start_dttm, end_dttm, upd_dttm, dlm, start_unix, end_unix, upd_unix, dlm_unix)
SELECT datetime(1754784000 + i * 900, 'unixepoch'), '15min', 5.12e-10 + i / 4.0, 5.12e-10 + i / 4.0 + 0.5, 5.12e-10 + i / 4.0 - 0.25, 5.12e-10 + i / 4.0 + 0.125, i * 0.5, datetime(1754784000 + i * 900, 'unixepoch'), datetime(1754784000 + i * 900 + 899, 'unixepoch'), '2025-08-11 00:00:00', '2025-08-11 00:00:00', 1754784000 + i * 900, 1754784000 + i * 900 + 899, 1754870400, 1754870400 FROM n;
INSERT INTO ohlcv_SHIB_USDC (timestamp, freq, open, close, volume) VALUES ('2025-08-12T00:00:00Z', '15min', 5.12e-10, 5.1e-11, 1e20), ('2025-08-12 00:00:00', '15min', NULL, NULL, 9007199254740993), ('2017-01-01 00:00:00', '1d', 0, 0, 0), ('1970-01-01 00:00:00', '1d', 0, 0, 0);
