-- Candle tables without a key and without unix columns, with rows that stand twice, under lower-case and dashed
-- names.
-- Found in: the back-test tools
CREATE TABLE ohlcv_btc_usdc (
  timestamp TEXT NOT NULL, freq TEXT NOT NULL, open REAL, high REAL, low REAL, close REAL, volume REAL,
  start_dttm TEXT, end_dttm TEXT, upd_dttm TEXT DEFAULT CURRENT_TIMESTAMP, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (timestamp, freq)
);
CREATE INDEX idx_freq_timestamp ON ohlcv_btc_usdc(freq, timestamp DESC);
CREATE TABLE "ohlcv_ETH-USDC" (
  timestamp TEXT, freq TEXT, open REAL, high REAL, low REAL, close REAL, volume REAL
);
INSERT INTO ohlcv_btc_usdc (timestamp, freq, open, high, low, close, volume) VALUES ('2025-08-10 00:00:00', '1min', 1.5, 2.5, 0.5, 1.25, 10), ('2025-08-10T00:00:00', '1min', 1.5, 2.5, 0.5, 1.25, 10), ('2025-08-10 00:00:00', '1MIN', 1.5, 2.5, 0.5, 1.25, 10);
INSERT INTO "ohlcv_ETH-USDC" VALUES ('2025-08-10 00:00:00', '1h', 1, 2, 0.5, 1.5, 100), ('2025-08-10 00:00:00', '1h', 1, 2, 0.5, 1.5, 100), (1754784000, '1h', 5.12e-10, 5.13e-10, 5.11e-10, 5.12e-10, 1e15), (NULL, NULL, NULL, NULL, NULL, NULL, NULL);
