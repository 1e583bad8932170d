-- UUID columns hold text in upper and lower case, with braces, without dashes, and 16-byte blobs.
-- Found in: several libraries writing one table
CREATE TABLE objects (uuid UUID PRIMARY KEY, guid UNIQUEIDENTIFIER, name TEXT);
INSERT INTO objects VALUES ('6ba7b810-9dad-11d1-80b4-00c04fd430c8', '{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}', 'lower');
INSERT INTO objects VALUES ('6BA7B810-9DAD-11D1-80B4-00C04FD430C8', '6ba7b8109dad11d180b400c04fd430c8', 'upper');
INSERT INTO objects VALUES (x'6ba7b8109dad11d180b400c04fd430c8', NULL, 'blob');
INSERT INTO objects VALUES ('6ba7b8109dad11d180b400c04fd430c8', '', 'no dashes');
INSERT INTO objects VALUES ('12345678901234567890123456789012', 'not a uuid', 'digits only');
