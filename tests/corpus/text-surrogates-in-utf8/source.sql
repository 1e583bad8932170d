-- TEXT with surrogate code points encoded as UTF-8, alone and in pairs (CESU-8).
-- Found in: Java and old Oracle tools
CREATE TABLE java_text (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO java_text VALUES (1, CAST(x'eda080' AS TEXT));
INSERT INTO java_text VALUES (2, CAST(x'edb080' AS TEXT));
INSERT INTO java_text VALUES (3, CAST(x'eda0bdedb880' AS TEXT));
INSERT INTO java_text VALUES (4, CAST(x'61eda0bd62' AS TEXT));
INSERT INTO java_text VALUES (5, 'plain');
