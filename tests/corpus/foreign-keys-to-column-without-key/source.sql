-- The parent column is no key at all, so its values repeat.
-- Found in: "foreign key mismatch", seen only when enforcement is on
PRAGMA foreign_keys = OFF;
CREATE TABLE parents (id INTEGER PRIMARY KEY, kind TEXT);
INSERT INTO parents VALUES (1, 'a'), (2, 'a'), (3, NULL);
CREATE TABLE children (id INTEGER PRIMARY KEY, kind TEXT REFERENCES parents(kind), view_id INTEGER REFERENCES parent_view(id));
INSERT INTO children VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, NULL);
CREATE VIEW parent_view AS SELECT id FROM parents;
