-- Identical, overlapping and useless indexes, and indexes which repeat the primary key.
-- Found in: schemas grown over years
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT UNIQUE, price REAL);
INSERT INTO trades VALUES (1, 'a', 1.5), (2, 'b', 2.5);
CREATE INDEX one ON trades(product);
CREATE INDEX two ON trades(product);
CREATE INDEX three ON trades(product, id);
CREATE UNIQUE INDEX four ON trades(id);
CREATE INDEX five ON trades(price, price);
CREATE INDEX six ON trades(product COLLATE NOCASE, product);
