-- Text that was encoded twice, beside the same text encoded once: both must stay as they are.
-- Found in: files once imported with the wrong character set
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO people VALUES (1, 'Müller');
INSERT INTO people VALUES (2, 'MÃ¼ller');
INSERT INTO people VALUES (3, 'MÃƒÂ¼ller');
INSERT INTO people VALUES (4, 'M?ller');
INSERT INTO people VALUES (5, 'M&uuml;ller');
