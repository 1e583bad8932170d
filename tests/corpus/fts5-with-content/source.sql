-- An FTS5 table holds the only copy of its text.
-- Found in: note and mail programs
CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO folders VALUES (1, 'inbox');
CREATE VIRTUAL TABLE notes USING fts5(title, body, tag UNINDEXED, tokenize = 'porter unicode61');
INSERT INTO notes (rowid, title, body, tag) VALUES (1, 'first', 'the quick brown fox', 5), (7, 'zweite', 'äöü 🚀', NULL), (9, '', NULL, x'00ff');
