-- A foreign key names a table that is not there, and one names a missing column.
-- Found in: tables dropped or renamed by old tools
PRAGMA foreign_keys = OFF;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers_old(id), product INTEGER REFERENCES products(code), self INTEGER REFERENCES main_customers);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO products VALUES (1, 'p');
INSERT INTO orders VALUES (1, 5, 1, NULL), (2, NULL, NULL, 3);
