-- A primary key holds 1, the text 1, a blob, and reals, which are all different keys in SQLite.
-- Found in: dictionaries written from a scripting language
CREATE TABLE dictionary (k PRIMARY KEY, v);
INSERT INTO dictionary VALUES (1, 'integer'), ('1', 'text'), (x'31', 'blob'), (1.5, 'real'), ('1.5', 'real text');
INSERT INTO dictionary VALUES (9007199254740993, 'big'), (9007199254740992.0, 'near'), (NULL, 'null'), (NULL, 'null again');
CREATE TABLE numeric_key (k NUMERIC PRIMARY KEY, v);
INSERT INTO numeric_key VALUES (1, 'a'), ('x', 'b'), (1.5, 'c'), (x'31', 'd'), ('', 'e');
