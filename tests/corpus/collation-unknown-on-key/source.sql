-- The primary key is ordered by an unknown collation.
-- Found in: phone and browser databases
CREATE TABLE words (word TEXT PRIMARY KEY COLLATE NOCASE, count INTEGER);
INSERT INTO words VALUES ('apple', 1), ('Banana', 2), ('cherry', 3);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'UNICODE');
PRAGMA writable_schema = RESET;
