-- Text keys are the same characters composed (NFC) and decomposed (NFD).
-- Found in: file names from macOS beside those from elsewhere
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('caf'||char(0xE9), 1);
INSERT INTO products VALUES ('cafe'||char(0x301), 2);
INSERT INTO products VALUES (char(0x212B), 3);
INSERT INTO products VALUES (char(0xC5), 4);
INSERT INTO products VALUES ('A'||char(0x30A), 5);
INSERT INTO products VALUES (char(0xAC00), 6);
INSERT INTO products VALUES (char(0x1100,0x1161), 7);
INSERT INTO aliases(id, name) VALUES (1, 'caf'||char(0xE9));
INSERT INTO aliases(id, name) VALUES (2, 'cafe'||char(0x301));
INSERT INTO aliases(id, name) VALUES (3, char(0x212B));
INSERT INTO aliases(id, name) VALUES (4, char(0xC5));
INSERT INTO aliases(id, name) VALUES (5, 'A'||char(0x30A));
INSERT INTO aliases(id, name) VALUES (6, char(0xAC00));
INSERT INTO aliases(id, name) VALUES (7, char(0x1100,0x1161));
