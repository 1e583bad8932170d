-- BOOLEAN columns hold 0 and 1, but also t, f, true, yes, 2, -1, empty text and NULL.
-- Found in: several programs and languages writing one table
CREATE TABLE flags (id INTEGER PRIMARY KEY, active BOOLEAN, hidden BOOL, test_tf TINYINT(1));
INSERT INTO flags VALUES (1, 0, 1, 1);
INSERT INTO flags VALUES (2, 't', 'f', 'true');
INSERT INTO flags VALUES (3, 'true', 'FALSE', 'yes');
INSERT INTO flags VALUES (4, TRUE, FALSE, 2);
INSERT INTO flags VALUES (5, -1, '', NULL);
INSERT INTO flags VALUES (6, 1.0, 0.5, 'N');
INSERT INTO flags VALUES (7, x'01', x'00', '1');
