-- A table refers to itself, children before parents, one row to itself.
-- Found in: trees of categories and replies
PRAGMA foreign_keys = OFF;
CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree(id) ON DELETE CASCADE, name TEXT);
INSERT INTO tree VALUES (1, 5, 'child first'), (2, 2, 'own parent'), (3, NULL, 'root'), (4, 3, 'child'), (5, 3, 'parent later');
