-- Child and parent columns have different declared types: TEXT to INTEGER, VARCHAR(10) to VARCHAR(20), none to
-- INTEGER.
-- Found in: schemas never checked by a strict engine
PRAGMA foreign_keys = OFF;
CREATE TABLE parents (id INTEGER PRIMARY KEY, code VARCHAR(20) UNIQUE, folded TEXT COLLATE NOCASE UNIQUE);
INSERT INTO parents VALUES (1, 'a', 'X'), (2, 'b', 'Y');
CREATE TABLE children (id INTEGER PRIMARY KEY, as_text TEXT REFERENCES parents(id), as_any REFERENCES parents(id), small TINYINT REFERENCES parents(id), code VARCHAR(10) REFERENCES parents(code), folded TEXT REFERENCES parents(folded));
INSERT INTO children VALUES (1, 1, 1, 1, 'a', 'x'), (2, '2', 2, 2, 'b', 'Y'), (3, NULL, NULL, NULL, NULL, NULL);
