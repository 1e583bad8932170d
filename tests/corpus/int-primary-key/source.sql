-- INT PRIMARY KEY and BIGINT PRIMARY KEY are ordinary columns: they hold NULL, text, and reals.
-- Found in: schemas which do not use the one spelling that counts
CREATE TABLE ints (id INT PRIMARY KEY, name TEXT);
INSERT INTO ints VALUES (1, 'one'), (NULL, 'null'), (NULL, 'null again'), ('two', 'text'), (2.5, 'real'), (0, 'zero');
CREATE TABLE bigs (id BIGINT NOT NULL PRIMARY KEY, name TEXT);
INSERT INTO bigs VALUES (9223372036854775807, 'max'), (-1, 'minus'), ('', 'empty');
