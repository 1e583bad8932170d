-- CHECK constraints and a partial index call functions that only the program which made the file had, such as
-- REGEXP.
-- Found in: files of programs with their own SQL functions
CREATE TABLE mail (id INTEGER PRIMARY KEY, address TEXT CHECK (abs(address)), score INTEGER);
INSERT INTO mail VALUES (1, '1', 5), (2, '2', 6);
PRAGMA ignore_check_constraints = ON;
INSERT INTO mail VALUES (3, 'a@x.org', 7), (4, 'no address', 8);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'abs(address)', 'address REGEXP ''^.+@.+$'' AND is_mail(address)') WHERE name = 'mail';
PRAGMA writable_schema = RESET;
