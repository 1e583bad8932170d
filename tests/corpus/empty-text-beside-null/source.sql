-- Empty text and NULL are both used, in nullable, NOT NULL and unique columns.
-- Found in: every database; several tools load one as the other
CREATE TABLE contacts (id INTEGER PRIMARY KEY, phone TEXT, email TEXT NOT NULL DEFAULT '', fax TEXT UNIQUE, age INTEGER, price REAL);
INSERT INTO contacts VALUES (1, '', '', '', '', '');
INSERT INTO contacts VALUES (2, NULL, 'NULL', NULL, NULL, NULL);
INSERT INTO contacts VALUES (3, 'NULL', ' ', NULL, 0, 0.0);
INSERT INTO contacts VALUES (4, '\N', '\N', '\N', 1, 1.0);
