-- Text keys differ by full-width forms, ligatures, circled and superscript digits, kana kinds.
-- Found in: Japanese and Chinese data
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('A', 1);
INSERT INTO products VALUES ('Ａ', 2);
INSERT INTO products VALUES ('1', 3);
INSERT INTO products VALUES ('１', 4);
INSERT INTO products VALUES ('①', 5);
INSERT INTO products VALUES ('¹', 6);
INSERT INTO products VALUES ('fi', 7);
INSERT INTO products VALUES ('ﬁ', 8);
INSERT INTO products VALUES ('か', 9);
INSERT INTO products VALUES ('カ', 10);
INSERT INTO products VALUES ('ｶ', 11);
INSERT INTO products VALUES ('が', 12);
INSERT INTO aliases(id, name) VALUES (1, 'A');
INSERT INTO aliases(id, name) VALUES (2, 'Ａ');
INSERT INTO aliases(id, name) VALUES (3, '1');
INSERT INTO aliases(id, name) VALUES (4, '１');
INSERT INTO aliases(id, name) VALUES (5, '①');
INSERT INTO aliases(id, name) VALUES (6, '¹');
INSERT INTO aliases(id, name) VALUES (7, 'fi');
INSERT INTO aliases(id, name) VALUES (8, 'ﬁ');
INSERT INTO aliases(id, name) VALUES (9, 'か');
INSERT INTO aliases(id, name) VALUES (10, 'カ');
INSERT INTO aliases(id, name) VALUES (11, 'ｶ');
INSERT INTO aliases(id, name) VALUES (12, 'が');
