-- Unique datetime texts are the same instant in different spellings, or dates which a DATETIME would make equal.
-- Found in: candle tables filled by two programs
CREATE TABLE candles (at DATETIME PRIMARY KEY, close REAL);
INSERT INTO candles VALUES ('2024-01-05 00:00:00', 1.0);
INSERT INTO candles VALUES ('2024-01-05T00:00:00', 2.0);
INSERT INTO candles VALUES ('2024-01-05T00:00:00Z', 3.0);
INSERT INTO candles VALUES ('2024-01-05', 4.0);
INSERT INTO candles VALUES ('2024-01-05 00:00:00.0', 5.0);
INSERT INTO candles VALUES ('2024-01-05 02:00:00+02:00', 6.0);
INSERT INTO candles VALUES (1704412800, 7.0);
