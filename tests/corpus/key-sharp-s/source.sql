-- Text keys differ only by ß against ss and s, and by Æ against AE.
-- Found in: German street names
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('Strasse', 1);
INSERT INTO products VALUES ('Straße', 2);
INSERT INTO products VALUES ('Strase', 3);
INSERT INTO products VALUES ('MASSE', 4);
INSERT INTO products VALUES ('MAẞE', 5);
INSERT INTO products VALUES ('Maße', 6);
INSERT INTO products VALUES ('ae', 7);
INSERT INTO products VALUES ('æ', 8);
INSERT INTO products VALUES ('oe', 9);
INSERT INTO products VALUES ('œ', 10);
INSERT INTO aliases(id, name) VALUES (1, 'Strasse');
INSERT INTO aliases(id, name) VALUES (2, 'Straße');
INSERT INTO aliases(id, name) VALUES (3, 'Strase');
INSERT INTO aliases(id, name) VALUES (4, 'MASSE');
INSERT INTO aliases(id, name) VALUES (5, 'MAẞE');
INSERT INTO aliases(id, name) VALUES (6, 'Maße');
INSERT INTO aliases(id, name) VALUES (7, 'ae');
INSERT INTO aliases(id, name) VALUES (8, 'æ');
INSERT INTO aliases(id, name) VALUES (9, 'oe');
INSERT INTO aliases(id, name) VALUES (10, 'œ');
