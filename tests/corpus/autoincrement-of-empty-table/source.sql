-- Emptied AUTOINCREMENT tables keep their sequence; one never used has none.
-- Found in: tables cleaned by a job
CREATE TABLE emptied (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO emptied(name) VALUES ('a'), ('b'), ('c');
DELETE FROM emptied;
CREATE TABLE never_used (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
