-- FTS5 tables that index another table or keep no text at all hold nothing of their own.
-- Found in: search over an existing table
CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
INSERT INTO documents VALUES (1, 'first', 'the quick brown fox'), (2, 'second', 'jumps over');
CREATE VIRTUAL TABLE search USING fts5(title, body, content = 'documents', content_rowid = 'id');
INSERT INTO search (search) VALUES ('rebuild');
CREATE VIRTUAL TABLE ghost USING fts5(body, content = '');
INSERT INTO ghost (rowid, body) VALUES (1, 'words without a home');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab('search', 'row');
CREATE TRIGGER documents_insert AFTER INSERT ON documents BEGIN INSERT INTO search (rowid, title, body) VALUES (NEW.id, NEW.title, NEW.body); END;
