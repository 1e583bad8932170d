-- NOCASE and RTRIM collations on columns, indexes and in queries of views.
-- Found in: name and e-mail columns
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, code TEXT COLLATE RTRIM, mail TEXT COLLATE BINARY);
INSERT INTO users VALUES (1, 'Anna', 'a', 'A@x'), (2, 'ANNA', 'a ', 'a@x'), (3, 'änna', 'A', NULL), (4, 'Änna', '', '');
CREATE INDEX users_name ON users(name);
CREATE INDEX users_mail ON users(mail COLLATE NOCASE DESC);
CREATE INDEX users_code ON users(code COLLATE RTRIM, name COLLATE BINARY);
CREATE VIEW annas AS SELECT * FROM users WHERE name = 'anna' ORDER BY mail COLLATE NOCASE;
