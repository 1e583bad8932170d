-- A STRICT table holds values of other classes, because it was made STRICT by editing the schema.
-- Found in: the writable_schema recipe for STRICT
CREATE TABLE strict_now (id INTEGER PRIMARY KEY, number INT, price REAL, name TEXT);
INSERT INTO strict_now VALUES (1, 5, 1.5, 'a'), (2, 'five', 'x', x'00'), (3, 1.5, NULL, NULL);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'strict_now';
PRAGMA writable_schema = RESET;
