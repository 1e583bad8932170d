-- Table names of 64 Chinese characters: few enough for the server, too long for its file names.
-- Found in: schemas in the language of their users
CREATE TABLE "表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表" (id INTEGER PRIMARY KEY, "列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列列" TEXT);
INSERT INTO "表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表" VALUES (1, 'a');
CREATE TABLE "表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表二" (id INTEGER PRIMARY KEY);
INSERT INTO "表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表二" VALUES (2);
