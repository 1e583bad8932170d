-- A table has two unique keys beside its primary key, and rows that share parts of both.
-- Found in: accounts and balances; upserts may hit either key
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, email TEXT UNIQUE, team TEXT, nick TEXT, UNIQUE (team, nick));
INSERT INTO users VALUES (1, 'a', 'a@x', 't', 'n1'), (2, 'b', NULL, 't', 'n2'), (3, 'c', NULL, NULL, 'n1'), (4, 'A', 'A@x', 'T', 'n1');
