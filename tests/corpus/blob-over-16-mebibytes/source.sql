-- A blob of one byte more than MEDIUMBLOB can hold, on a server that takes such a packet.
-- Found in: pictures and archives; a type chosen by declared name cuts here
CREATE TABLE archive (id INTEGER PRIMARY KEY, data BLOB);
INSERT INTO archive VALUES (1, zeroblob(16777215));
INSERT INTO archive VALUES (2, zeroblob(16777216));
INSERT INTO archive VALUES (3, x'01');
