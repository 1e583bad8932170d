-- Text keys differ only by characters without weight: zero-width space and joiner, BOM, NUL, soft hyphen.
-- Found in: text pasted from web pages
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('a', 1);
INSERT INTO products VALUES ('a'||char(0x200B), 2);
INSERT INTO products VALUES ('a'||char(0x200D), 3);
INSERT INTO products VALUES (char(0xFEFF)||'a', 4);
INSERT INTO products VALUES ('a'||char(0), 5);
INSERT INTO products VALUES ('a'||char(0xAD), 6);
INSERT INTO products VALUES (char(0), 7);
INSERT INTO products VALUES (char(0,0), 8);
INSERT INTO products VALUES (char(1), 9);
INSERT INTO aliases(id, name) VALUES (1, 'a');
INSERT INTO aliases(id, name) VALUES (2, 'a'||char(0x200B));
INSERT INTO aliases(id, name) VALUES (3, 'a'||char(0x200D));
INSERT INTO aliases(id, name) VALUES (4, char(0xFEFF)||'a');
INSERT INTO aliases(id, name) VALUES (5, 'a'||char(0));
INSERT INTO aliases(id, name) VALUES (6, 'a'||char(0xAD));
INSERT INTO aliases(id, name) VALUES (7, char(0));
INSERT INTO aliases(id, name) VALUES (8, char(0,0));
INSERT INTO aliases(id, name) VALUES (9, char(1));
