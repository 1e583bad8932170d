-- A text primary key and a composite primary key hold NULLs, several times.
-- Found in: SQLite allows NULL in every primary key but INTEGER PRIMARY KEY
CREATE TABLE single (code TEXT PRIMARY KEY, value INTEGER);
INSERT INTO single VALUES (NULL, 1), (NULL, 2), ('a', 3);
CREATE TABLE composite (a TEXT, b INTEGER, value INTEGER, PRIMARY KEY (a, b));
INSERT INTO composite VALUES ('x', NULL, 1), ('x', NULL, 2), (NULL, NULL, 3), (NULL, NULL, 3), (NULL, 1, 4), ('x', 1, 5);
