-- Ids are zero and negative, with and without AUTOINCREMENT.
-- Found in: sentinel rows; a server makes 0 the next free number
CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO plain VALUES (0, 'zero'), (-1, 'minus one'), (1, 'one'), (-9223372036854775808, 'smallest');
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO counted VALUES (0, 'zero'), (-1, 'minus one'), (5, 'five');
