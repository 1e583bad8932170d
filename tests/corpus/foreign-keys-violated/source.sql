-- Children without parents, because enforcement is off by default.
-- Found in: nearly every old SQLite file with foreign keys
PRAGMA foreign_keys = OFF;
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE, name TEXT);
INSERT INTO customers VALUES (1, 'a');
INSERT INTO orders VALUES (1, 1, 'fine'), (2, 99, 'orphan'), (3, 0, 'zero'), (4, 'x', 'text'), (5, 1, 'fine');
