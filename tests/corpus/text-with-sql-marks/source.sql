-- Quotes, percent signs, question marks, colons, semicolons, comment marks and text that looks like an attack.
-- Found in: any free text; tools that paste values into SQL
CREATE TABLE inputs (id INTEGER PRIMARY KEY, input TEXT);
INSERT INTO inputs(input) VALUES ('Robert''); DROP TABLE inputs;--'), (''' OR ''1''=''1'), ('"double"'), ('`back`'), ('''');
INSERT INTO inputs(input) VALUES ('100%'), ('%s %d %(name)s'), ('?'), ('??'), (':name @name $name'), ('{0} {name}'), ('#comment');
INSERT INTO inputs(input) VALUES ('-- comment'), ('/* comment */'), ('/*!50000 DROP TABLE inputs */'), (';'), ('DELIMITER //'), ('a'';b'), ('\''; --');
INSERT INTO inputs(input) VALUES ('<script>alert(1)</script>'), ('${jndi:x}'), ('a,b' || char(9) || 'c"d' || char(10) || 'e'), ('X''00'''), ('0x00'), ('_utf8mb4''x''');
