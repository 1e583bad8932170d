-- WITHOUT ROWID tables with an integer and with a text key.
-- Found in: settings and lookup tables
CREATE TABLE by_number (id INTEGER PRIMARY KEY, name TEXT) WITHOUT ROWID;
INSERT INTO by_number VALUES (3, 'c'), (1, 'a'), (-5, 'm'), (0, 'z');
CREATE TABLE by_name (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO by_name VALUES ('b', 1), ('a', '1'), ('B', 1.0), ('', x'31');
