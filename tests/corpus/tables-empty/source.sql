-- Tables without rows, also wide, keyed, generated and without a key.
-- Found in: features never used
CREATE TABLE one (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
CREATE TABLE two (a, b, c);
CREATE TABLE three (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;
CREATE TABLE four (a REAL, b REAL AS (a * 2) STORED, UNIQUE (a));
CREATE TABLE five (a TEXT REFERENCES three(k), b VARCHAR(70000), c "STRANGE TYPE");
CREATE INDEX two_b ON two(b);
