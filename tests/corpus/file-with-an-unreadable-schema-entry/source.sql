-- One entry of the schema is no SQL, so SQLite opens the file but reads nothing.
-- Found in: files of a newer version, damage
CREATE TABLE trades (id INTEGER PRIMARY KEY, price REAL);
INSERT INTO trades VALUES (1, 1.5);
CREATE VIEW broken_view AS SELECT price FROM trades;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE VIEW broken_view AS SELEC price FRO trades' WHERE name = 'broken_view';
