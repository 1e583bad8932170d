-- Text keys differ by dotted and dotless i in both cases.
-- Found in: Turkish user and city names
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('i', 1);
INSERT INTO products VALUES ('I', 2);
INSERT INTO products VALUES ('ı', 3);
INSERT INTO products VALUES ('İ', 4);
INSERT INTO products VALUES ('istanbul', 5);
INSERT INTO products VALUES ('ISTANBUL', 6);
INSERT INTO products VALUES ('İstanbul', 7);
INSERT INTO products VALUES ('ıstanbul', 8);
INSERT INTO aliases(id, name) VALUES (1, 'i');
INSERT INTO aliases(id, name) VALUES (2, 'I');
INSERT INTO aliases(id, name) VALUES (3, 'ı');
INSERT INTO aliases(id, name) VALUES (4, 'İ');
INSERT INTO aliases(id, name) VALUES (5, 'istanbul');
INSERT INTO aliases(id, name) VALUES (6, 'ISTANBUL');
INSERT INTO aliases(id, name) VALUES (7, 'İstanbul');
INSERT INTO aliases(id, name) VALUES (8, 'ıstanbul');
