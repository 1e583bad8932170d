-- Columns which SQLite tells apart and the target does not: é and e, É and é, ß and s, å and a.
-- Found in: schemas with accents
CREATE TABLE accents (id INTEGER PRIMARY KEY, "e" TEXT, "é" TEXT, "É" TEXT, "ss" TEXT, "ß" TEXT, "s" TEXT, "a" TEXT, "á" TEXT, "å" TEXT, "ı" TEXT, "i" TEXT);
INSERT INTO accents VALUES (1, 'e', 'e acute', 'E acute', 'ss', 'sharp', 's', 'a', 'a acute', 'a ring', 'dotless', 'i');
CREATE INDEX accents_one ON accents("e", "é");
