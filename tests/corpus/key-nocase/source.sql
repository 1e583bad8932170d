-- Keys with COLLATE NOCASE fold ASCII letters only, so É and é are two keys.
-- Found in: user names and tickers
CREATE TABLE users (name TEXT PRIMARY KEY COLLATE NOCASE, age INTEGER);
INSERT INTO users VALUES ('Anna', 1), ('BERT', 2), ('É', 3), ('é', 4), ('anna ', 5), ('ß', 6), ('SS', 7);
CREATE TABLE mail (id INTEGER PRIMARY KEY, address TEXT COLLATE NOCASE UNIQUE);
INSERT INTO mail VALUES (1, 'A@x'), (2, 'Ä@x'), (3, 'ä@x');
