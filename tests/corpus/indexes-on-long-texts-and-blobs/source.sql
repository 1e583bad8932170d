-- Plain indexes on texts of 10,000 characters, on blobs, and on mixed classes.
-- Found in: full paths, bodies and JSON under an index
CREATE TABLE bodies (id INTEGER PRIMARY KEY, body TEXT, data BLOB, loose);
CREATE INDEX bodies_body ON bodies(body);
CREATE INDEX bodies_data ON bodies(data, body);
CREATE INDEX bodies_loose ON bodies(loose);
INSERT INTO bodies SELECT 1, printf('%.*c', 10000, 'b'), zeroblob(10000), 5;
INSERT INTO bodies VALUES (2, 'short', x'00', '5'), (3, NULL, NULL, NULL), (4, '', x'', 5.5);
