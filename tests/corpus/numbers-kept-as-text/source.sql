-- A TEXT column holds numbers as text whose spelling matters: 007, 1.50, +1, 1e3.
-- Found in: phone numbers, postal codes, account numbers, prices kept as entered
CREATE TABLE accounts (id INTEGER PRIMARY KEY, number TEXT, amount VARCHAR(20));
INSERT INTO accounts VALUES (1, '007', '1.50');
INSERT INTO accounts VALUES (2, '7', '1.5');
INSERT INTO accounts VALUES (3, '+7', '1.500');
INSERT INTO accounts VALUES (4, '1e3', '1000');
INSERT INTO accounts VALUES (5, '00000000000000000000000000000001', '-0');
INSERT INTO accounts VALUES (6, 7, 1.5);
INSERT INTO accounts VALUES (7, 7.0, 1e300);
