-- Full-text indexes over other tables are out of step with them, which an integrity check reports; the tables
-- are whole.
-- Found in: search over an existing table whose triggers were dropped
CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
INSERT INTO documents VALUES (1, 'first', 'the quick brown fox'), (2, 'second', 'jumps over');
CREATE VIRTUAL TABLE search_four USING fts4(content="documents", title, body);
CREATE VIRTUAL TABLE search_five USING fts5(title, body, content = 'documents', content_rowid = 'id');
INSERT INTO search_five (search_five) VALUES ('rebuild');
UPDATE documents SET title = 'changed' WHERE id = 2;
DELETE FROM documents WHERE id = 1;
