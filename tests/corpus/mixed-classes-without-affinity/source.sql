-- A column without a declared type holds 5, 5.0, the text 5, a blob with the byte of 5, and NULL.
-- Found in: key-value stores and settings tables
CREATE TABLE settings (name TEXT PRIMARY KEY, value, extra BLOB);
INSERT INTO settings VALUES ('integer', 5, 5);
INSERT INTO settings VALUES ('real', 5.0, 5.0);
INSERT INTO settings VALUES ('text', '5', '5');
INSERT INTO settings VALUES ('blob', x'35', x'35');
INSERT INTO settings VALUES ('null', NULL, NULL);
INSERT INTO settings VALUES ('text real', '5.0', '5.0');
INSERT INTO settings VALUES ('empty text', '', '');
INSERT INTO settings VALUES ('empty blob', x'', x'');
INSERT INTO settings VALUES ('zero', 0, 0.0);
INSERT INTO settings VALUES ('maximum', 9223372036854775807, 1.7976931348623157e308);
