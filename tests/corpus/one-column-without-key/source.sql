-- Tables of a single column without any key, with repeated values and with only NULLs.
-- Found in: lists, queues, version tables
CREATE TABLE versions (version);
INSERT INTO versions VALUES (1), (1), ('1'), (1.0), (NULL), (NULL);
CREATE TABLE only_nulls (x TEXT);
INSERT INTO only_nulls VALUES (NULL), (NULL), (NULL);
CREATE TABLE single_blob (x BLOB);
INSERT INTO single_blob VALUES (x''), (x''), (x'00');
