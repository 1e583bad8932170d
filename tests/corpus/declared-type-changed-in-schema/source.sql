-- The declared types were changed by editing the schema, so numbers sit in TEXT columns and number-like text in
-- INTEGER and REAL ones.
-- Found in: the well-known writable_schema recipe for changing a column type
CREATE TABLE moved (id INTEGER PRIMARY KEY, a BLOB, b BLOB, c BLOB);
INSERT INTO moved VALUES (1, 5, '5', '1.5');
INSERT INTO moved VALUES (2, 5.5, '5.0', 'word');
INSERT INTO moved VALUES (3, 9223372036854775807, '007', 2);
INSERT INTO moved VALUES (4, x'35', x'35', x'35');
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE moved (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c NUMERIC)' WHERE name = 'moved';
PRAGMA writable_schema = RESET;
