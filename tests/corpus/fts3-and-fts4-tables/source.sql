-- FTS3 and FTS4 tables, with a hidden language column, compressed options, and numbers in a text index.
-- Found in: phone and browser databases
CREATE TABLE messages (id INTEGER PRIMARY KEY, sender TEXT);
INSERT INTO messages VALUES (1, 'a');
CREATE VIRTUAL TABLE messages_text USING fts3(subject, body, tokenize=porter);
INSERT INTO messages_text (docid, subject, body) VALUES (1, 'hello', 'the quick brown fox'), (5, 'world', NULL);
CREATE VIRTUAL TABLE pages USING fts4(url, title, notindexed=url, prefix="2,4", languageid="lid");
INSERT INTO pages (url, title, lid) VALUES ('http://x', 'a title', 1), (5, 'number', 0);
CREATE VIRTUAL TABLE pages_index USING fts4(content="messages", sender);
INSERT INTO pages_index (pages_index) VALUES ('rebuild');
