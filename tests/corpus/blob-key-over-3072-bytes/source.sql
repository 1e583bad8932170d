-- Blob keys of more than 3072 bytes, two of which differ only in the last byte.
-- Found in: content-addressed stores
CREATE TABLE chunks (content BLOB PRIMARY KEY, size INTEGER);
INSERT INTO chunks SELECT CAST(printf('%.*c', 5000, 'b') || '1' AS BLOB), 5001;
INSERT INTO chunks SELECT CAST(printf('%.*c', 5000, 'b') || '2' AS BLOB), 5001;
INSERT INTO chunks VALUES (zeroblob(3073), 3073), (zeroblob(3072), 3072), (x'', 0);
