-- The sequence is ahead of the largest id, because rows were deleted or the sequence was set.
-- Found in: any AUTOINCREMENT table with deletions; ids must not be used again
CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO orders(name) VALUES ('a'), ('b'), ('c'), ('d');
DELETE FROM orders WHERE id > 2;
CREATE TABLE jumped (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO jumped VALUES (7, 'x');
UPDATE sqlite_sequence SET seq = 1000000 WHERE name = 'jumped';
