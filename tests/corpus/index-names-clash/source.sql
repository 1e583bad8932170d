-- Indexes are named PRIMARY, GEN_CLUST_INDEX, like a column, like another table, and equal in the first 64
-- characters.
-- Found in: schemas made by other tools; names the server keeps for itself
CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, price REAL, size REAL);
CREATE INDEX "PRIMARY" ON orders(name);
CREATE INDEX GEN_CLUST_INDEX ON orders(price);
CREATE INDEX price ON orders(price, size);
CREATE INDEX "index" ON orders(size);
CREATE TABLE trades (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE INDEX orders_pkey ON trades(name);
INSERT INTO orders VALUES (1, 'a', 1.5, 2.5);
INSERT INTO trades VALUES (1, 'a');
