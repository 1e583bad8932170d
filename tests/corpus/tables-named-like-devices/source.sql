-- Tables are named con, nul, prn and lpt1, which are devices on Windows.
-- Found in: chance
CREATE TABLE con (x TEXT);
INSERT INTO con VALUES ('a');
CREATE TABLE nul (x TEXT);
INSERT INTO nul VALUES ('b');
CREATE TABLE prn (x TEXT);
INSERT INTO prn VALUES ('c');
CREATE TABLE lpt1 (x TEXT);
INSERT INTO lpt1 VALUES ('d');
