-- A unique index on an expression, lower(email), and on a substring.
-- Found in: sign-up tables
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, code TEXT);
CREATE UNIQUE INDEX users_email ON users(lower(email));
CREATE UNIQUE INDEX users_code ON users(substr(code, 1, 4), id % 10);
INSERT INTO users VALUES (1, 'A@x.org', 'abcdef'), (2, 'b@x.org', 'abcdxx'), (3, NULL, NULL), (4, NULL, NULL), (5, 'É@x.org', 'zz'), (6, 'é@x.org', 'zzz');
