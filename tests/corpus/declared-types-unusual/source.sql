-- Declared types as real files have them: VARYING CHARACTER, NATIVE CHARACTER, LONG VARCHAR, STRING, CLOB,
-- FLOAT(5), MONEY, ENUM and more.
-- Found in: schemas written for other engines or by hand
CREATE TABLE unusual (
  id INTEGER PRIMARY KEY,
  a VARYING CHARACTER(255), b NATIVE CHARACTER(70), c LONG VARCHAR, d STRING, e CLOB, f FLOAT(5), g DOUBLE PRECISION,
  h MONEY, i "ENUM('a','b')", j "int(11) unsigned", k DATETIMEOFFSET, l NUMBER(19,4), m INTERVAL, n XML, o POINT, p TINYTEXT,
  q LONGBLOB, r "double precision unsigned", s "character varying", t SERIAL, u JSONB, v ARRAY, w "timestamp without time zone"
);
INSERT INTO unusual VALUES (1, 'a', 'b', 'c', 'd', 'e', 1.5, 2.5, '12.34', 'a', 7, '2024-01-01 00:00:00+02:00', 1.2345, '1 day', '<x/>', 'POINT(1 2)', 'p', x'01', 3.5, 's', 1, '{}', '{1,2}', '2024-01-01');
INSERT INTO unusual VALUES (2, '007', '007', '007', '007', '007', '007', '007', '$5', 'not in the list', -7, 'x', 'y', 5, 'z', x'00', 5, 'text', 'w', 5, 'v', 5, 5, 5);
