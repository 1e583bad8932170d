-- Text keys are the same number in different spellings.
-- Found in: prices and codes as keys
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('1', 1);
INSERT INTO products VALUES ('1.0', 2);
INSERT INTO products VALUES ('1.00', 3);
INSERT INTO products VALUES ('01', 4);
INSERT INTO products VALUES ('+1', 5);
INSERT INTO products VALUES ('1e0', 6);
INSERT INTO products VALUES (' 1', 7);
INSERT INTO products VALUES ('1 ', 8);
INSERT INTO aliases(id, name) VALUES (1, '1');
INSERT INTO aliases(id, name) VALUES (2, '1.0');
INSERT INTO aliases(id, name) VALUES (3, '1.00');
INSERT INTO aliases(id, name) VALUES (4, '01');
INSERT INTO aliases(id, name) VALUES (5, '+1');
INSERT INTO aliases(id, name) VALUES (6, '1e0');
INSERT INTO aliases(id, name) VALUES (7, ' 1');
INSERT INTO aliases(id, name) VALUES (8, '1 ');
