-- Defaults: number, negative, signed, hexadecimal, real, exponent, text with quotes, blob, NULL, TRUE, keyword
-- as text.
-- Found in: every schema
CREATE TABLE defaults (
  id INTEGER PRIMARY KEY,
  a INTEGER DEFAULT 5, b INTEGER DEFAULT -5, c INTEGER DEFAULT +5, d INTEGER DEFAULT 0x1F, e REAL DEFAULT 1.5, f REAL DEFAULT -1.5e-10,
  g TEXT DEFAULT 'it''s "quoted" \ back', h TEXT DEFAULT '', i BLOB DEFAULT x'00ff', j DEFAULT NULL, k BOOLEAN DEFAULT TRUE, l BOOLEAN DEFAULT FALSE,
  m TEXT DEFAULT word, n TEXT DEFAULT 'CURRENT_TIMESTAMP', o INTEGER DEFAULT 9223372036854775807, p TEXT DEFAULT '🚀
line two', q DEFAULT 9223372036854775808, r TEXT DEFAULT "double"
);
INSERT INTO defaults DEFAULT VALUES;
INSERT INTO defaults (id, j) VALUES (7, 'set');
