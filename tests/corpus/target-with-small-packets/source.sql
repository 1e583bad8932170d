-- A text of 5 MB meets a server that takes packets of 1 MB.
-- Found in: servers with max_allowed_packet left small
CREATE TABLE documents (id INTEGER PRIMARY KEY, name TEXT, body_text TEXT);
INSERT INTO documents VALUES (1, 'short', 'short');
INSERT INTO documents SELECT 2, 'five megabytes', printf('%.*c', 5000000, 'x');
