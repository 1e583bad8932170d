-- Text keys are emoji, which older collations take all for equal.
-- Found in: reaction tables, coin symbols
CREATE TABLE products (name TEXT PRIMARY KEY, rank INTEGER);
CREATE TABLE aliases (id INTEGER PRIMARY KEY, name VARCHAR(64) UNIQUE);
INSERT INTO products VALUES ('🚀', 1);
INSERT INTO products VALUES ('💎', 2);
INSERT INTO products VALUES ('👍', 3);
INSERT INTO products VALUES ('👍🏽', 4);
INSERT INTO products VALUES ('😀', 5);
INSERT INTO products VALUES ('😁', 6);
INSERT INTO products VALUES ('𝔸', 7);
INSERT INTO products VALUES ('A', 8);
INSERT INTO aliases(id, name) VALUES (1, '🚀');
INSERT INTO aliases(id, name) VALUES (2, '💎');
INSERT INTO aliases(id, name) VALUES (3, '👍');
INSERT INTO aliases(id, name) VALUES (4, '👍🏽');
INSERT INTO aliases(id, name) VALUES (5, '😀');
INSERT INTO aliases(id, name) VALUES (6, '😁');
INSERT INTO aliases(id, name) VALUES (7, '𝔸');
INSERT INTO aliases(id, name) VALUES (8, 'A');
