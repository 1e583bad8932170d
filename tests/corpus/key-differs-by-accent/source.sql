-- Text keys are equal but for accents, which most target collations ignore.
-- Found in: names of people and places
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('resume', 1);
INSERT INTO products VALUES ('résumé', 2);
INSERT INTO products VALUES ('resumé', 3);
INSERT INTO products VALUES ('Zürich', 4);
INSERT INTO products VALUES ('Zurich', 5);
INSERT INTO products VALUES ('pina', 6);
INSERT INTO products VALUES ('piña', 7);
INSERT INTO products VALUES ('ø', 8);
INSERT INTO products VALUES ('o', 9);
INSERT INTO aliases(id, name) VALUES (1, 'resume');
INSERT INTO aliases(id, name) VALUES (2, 'résumé');
INSERT INTO aliases(id, name) VALUES (3, 'resumé');
INSERT INTO aliases(id, name) VALUES (4, 'Zürich');
INSERT INTO aliases(id, name) VALUES (5, 'Zurich');
INSERT INTO aliases(id, name) VALUES (6, 'pina');
INSERT INTO aliases(id, name) VALUES (7, 'piña');
INSERT INTO aliases(id, name) VALUES (8, 'ø');
INSERT INTO aliases(id, name) VALUES (9, 'o');
