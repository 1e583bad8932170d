-- Whole columns hold nothing but NULL, whatever their declaration.
-- Found in: features never used, fields reserved for later
CREATE TABLE sparse (id INTEGER PRIMARY KEY, a, b TEXT, c REAL, d BLOB, e VARCHAR(0), f DATETIME, g "SOMETHING ELSE");
INSERT INTO sparse(id) VALUES (1), (2), (3);
