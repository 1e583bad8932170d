-- Texts of 5 MB in one-byte and of 6 MB in four-byte characters, beside short ones.
-- Found in: logs, documents and responses kept in the database
CREATE TABLE documents (id INTEGER PRIMARY KEY, name VARCHAR(50), body TEXT);
INSERT INTO documents VALUES (1, 'short', 'short');
INSERT INTO documents SELECT 2, 'five megabytes', printf('%.*c', 5000000, 'x') || 'end';
INSERT INTO documents SELECT 3, 'four-byte', replace(printf('%.*c', 1500000, 'x'), 'x', '🚀');
INSERT INTO documents VALUES (4, 'empty', '');
