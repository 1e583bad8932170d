-- A column is declared NOT NULL but holds NULLs, because the schema was edited.
-- Found in: the writable_schema recipe for adding NOT NULL
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER DEFAULT 0);
INSERT INTO people VALUES (1, 'a', 30), (2, NULL, NULL), (3, '', 0);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL DEFAULT 0)' WHERE name = 'people';
PRAGMA writable_schema = RESET;
