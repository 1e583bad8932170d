-- VARCHAR(10), CHAR(3) and NVARCHAR(5) hold texts of 50 and of 5,000 characters.
-- Found in: declared lengths, which SQLite never enforced
CREATE TABLE short_fields (id INTEGER PRIMARY KEY, code CHAR(3), name VARCHAR(10), title NVARCHAR(5), place CHARACTER(20));
INSERT INTO short_fields VALUES (1, 'abc', 'fits', 'fits', 'fits');
INSERT INTO short_fields VALUES (2, 'abcd', printf('%.*c', 50, 'n'), printf('%.*c', 5000, 't'), printf('%.*c', 21, 'p'));
INSERT INTO short_fields VALUES (3, 'ab ', 'exactly 10', '日本語日本', '');
INSERT INTO short_fields VALUES (4, 12345, 1234567890123, x'0102030405060708', NULL);
