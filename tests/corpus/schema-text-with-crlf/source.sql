-- The schema text has CRLF line ends and tabs, in tables, views and triggers.
-- Found in: schemas run from files edited on Windows
CREATE TABLE windows (
	id INTEGER PRIMARY KEY,
	name VARCHAR (50)  DEFAULT 'a b',
	price	REAL
);
INSERT INTO windows VALUES (1, 'a', 1.5);
CREATE VIEW windows_view AS
SELECT name
FROM windows;
CREATE TRIGGER windows_trigger AFTER INSERT ON windows
BEGIN
	UPDATE windows SET price = 0 WHERE id = NEW.id;
END;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, char(10), char(13, 10));
PRAGMA writable_schema = RESET;
INSERT INTO windows VALUES (2, 'b', 2.5);
