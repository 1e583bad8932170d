-- Columns and indexes use collations that only the program which made the file had.
-- Found in: phone and browser databases: LOCALIZED, UNICODE, ICU names
CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, city TEXT COLLATE RTRIM);
INSERT INTO contacts VALUES (1, 'Anna', 'Berlin'), (2, 'anna ', 'Köln'), (3, NULL, 'berlin ');
CREATE INDEX contacts_city ON contacts(city COLLATE NOCASE);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql, 'NOCASE', 'LOCALIZED'), 'RTRIM', 'de_DE');
PRAGMA writable_schema = RESET;
