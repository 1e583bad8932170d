-- Blob keys differ only by trailing zero bytes or spaces, which padded binary types take for equal.
-- Found in: hashes and packed numbers
CREATE TABLE packed (k BLOB PRIMARY KEY, v TEXT);
INSERT INTO packed VALUES (x'', 'empty'), (x'00', 'one'), (x'0000', 'two'), (x'20', 'space'), (x'2000', 'space zero'), (x'2020', 'spaces'), (x'ff', 'ff');
