-- Defaults whose class does not fit the column: text on INTEGER, number on TEXT, empty text on REAL and DATE.
-- Found in: schemas of no care; a strict server refuses the CREATE TABLE
CREATE TABLE mismatched (id INTEGER PRIMARY KEY, a INTEGER DEFAULT 'none', b TEXT DEFAULT 5, c REAL DEFAULT '', d DATE DEFAULT '', e DATETIME DEFAULT 0, f TINYINT DEFAULT 300, g VARCHAR(3) DEFAULT 'longer', h BOOLEAN DEFAULT 'true', i BLOB DEFAULT 'text', j DATETIME DEFAULT '0000-00-00 00:00:00', k DECIMAL(4,2) DEFAULT 1234.567);
INSERT INTO mismatched DEFAULT VALUES;
INSERT INTO mismatched VALUES (5, 1, 'b', 1.5, '2024-01-05', '2024-01-05 00:00:00', 1, 'abc', 1, x'00', '2024-01-05 00:00:00', 1.25);
