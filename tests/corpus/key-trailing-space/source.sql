-- Text keys are equal but for trailing spaces, which PAD SPACE collations ignore.
-- Found in: fixed-width imports, keys typed by hand
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('open', 1);
INSERT INTO products VALUES ('open ', 2);
INSERT INTO products VALUES ('open  ', 3);
INSERT INTO products VALUES ('', 4);
INSERT INTO products VALUES (' ', 5);
INSERT INTO products VALUES ('  ', 6);
INSERT INTO products VALUES ('a'||char(9), 7);
INSERT INTO products VALUES ('a', 8);
INSERT INTO aliases(id, name) VALUES (1, 'open');
INSERT INTO aliases(id, name) VALUES (2, 'open ');
INSERT INTO aliases(id, name) VALUES (3, 'open  ');
INSERT INTO aliases(id, name) VALUES (4, '');
INSERT INTO aliases(id, name) VALUES (5, ' ');
INSERT INTO aliases(id, name) VALUES (6, '  ');
INSERT INTO aliases(id, name) VALUES (7, 'a'||char(9));
INSERT INTO aliases(id, name) VALUES (8, 'a');
