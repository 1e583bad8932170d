-- A zero-length blob, an empty text and NULL in one column are three different values.
-- Found in: attachments not yet loaded, cleared fields
CREATE TABLE attachments (id INTEGER PRIMARY KEY, data BLOB, loose);
INSERT INTO attachments VALUES (1, x'', x'');
INSERT INTO attachments VALUES (2, '', '');
INSERT INTO attachments VALUES (3, NULL, NULL);
INSERT INTO attachments VALUES (4, x'00', char(0));
INSERT INTO attachments VALUES (5, zeroblob(3), x'30');
