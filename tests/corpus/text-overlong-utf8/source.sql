-- TEXT with overlong sequences, code points past U+10FFFF and five-byte forms.
-- Found in: modified UTF-8 (NUL as C0 80), hostile input
CREATE TABLE overlong (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO overlong VALUES (1, CAST(x'c080' AS TEXT));
INSERT INTO overlong VALUES (2, CAST(x'e08080' AS TEXT));
INSERT INTO overlong VALUES (3, CAST(x'c0af' AS TEXT));
INSERT INTO overlong VALUES (4, CAST(x'f4908080' AS TEXT));
INSERT INTO overlong VALUES (5, CAST(x'f888808080' AS TEXT));
INSERT INTO overlong VALUES (6, 'plain');
