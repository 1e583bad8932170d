-- A WITHOUT ROWID table is ordered by an unknown collation, so SQLite reads it only when given some collation of
-- that name.
-- Found in: browser databases
CREATE TABLE tags (tag TEXT PRIMARY KEY COLLATE NOCASE, count INTEGER) WITHOUT ROWID;
INSERT INTO tags VALUES ('apple', 1), ('Banana', 2), ('cherry', 3), ('Äpfel', 4);
CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO plain VALUES (1, 'a');
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'UNICODE');
PRAGMA writable_schema = RESET;
