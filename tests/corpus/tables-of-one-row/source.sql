-- Tables of exactly one row, among them a row of NULLs and a row of defaults.
-- Found in: settings and version tables
CREATE TABLE version (number INTEGER);
INSERT INTO version VALUES (42);
CREATE TABLE only_nulls (a, b, c);
INSERT INTO only_nulls VALUES (NULL, NULL, NULL);
CREATE TABLE settings (id INTEGER PRIMARY KEY CHECK (id = 1), mode TEXT DEFAULT 'paper', data BLOB DEFAULT x'');
INSERT INTO settings DEFAULT VALUES;
