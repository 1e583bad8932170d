-- VARCHAR(0), VARCHAR(-1), VARCHAR(99999999), CHAR(2500) and VARCHAR without a length.
-- Found in: generated schemas; "-1" is the SQL Server mark for unlimited
CREATE TABLE lengths (id INTEGER PRIMARY KEY, a VARCHAR(0), b VARCHAR(-1), c VARCHAR(99999999), d CHAR(2500), e VARCHAR, f VARCHAR(+5), g TEXT(10));
INSERT INTO lengths VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g');
INSERT INTO lengths VALUES (2, printf('%.*c', 300, 'a'), printf('%.*c', 70000, 'b'), 'c', printf('%.*c', 2500, 'd'), 'e', 'longer than five', 'longer than ten');
INSERT INTO lengths VALUES (3, '', '', '', '', '', '', '');
