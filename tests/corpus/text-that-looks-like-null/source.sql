-- Texts such as NULL, \N, null, None, nan, undefined, beside true NULLs.
-- Found in: dumps and CSV files loaded as text
CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT, number REAL);
INSERT INTO words(word, number) VALUES ('NULL', 'NULL'), ('null', 'null'), ('\N', '\N'), ('\n', '\n'), ('None', 'None');
INSERT INTO words(word, number) VALUES ('nan', 'nan'), ('inf', '-inf'), ('undefined', '#N/A'), ('(null)', '#DIV/0!');
INSERT INTO words(word, number) VALUES (NULL, NULL), ('', ''), ('DEFAULT', 'DEFAULT'), ('CURRENT_TIMESTAMP', 'NOW()');
