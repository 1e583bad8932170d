-- A BLOB column holds text, also multi-byte and empty text, and a TEXT column holds blobs.
-- Found in: programs that choose the binding by the value
CREATE TABLE payloads (id INTEGER PRIMARY KEY, payload BLOB, body TEXT, name VARCHAR(20));
INSERT INTO payloads VALUES (1, 'text', x'74657874', x'74657874');
INSERT INTO payloads VALUES (2, x'74657874', 'text', 'text');
INSERT INTO payloads VALUES (3, 'äöü🚀', x'c3a4', x'ff');
INSERT INTO payloads VALUES (4, '', x'', x'');
INSERT INTO payloads VALUES (5, x'', '', '');
INSERT INTO payloads VALUES (6, 5, x'00', x'0000');
