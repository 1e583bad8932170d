-- Tables are named equal but for accents, and non-ASCII letters in another case.
-- Found in: schemas with accents; SQLite folds ASCII only
CREATE TABLE resume (id INTEGER PRIMARY KEY, a TEXT);
INSERT INTO resume VALUES (1, 'plain');
CREATE TABLE "résumé" (id INTEGER PRIMARY KEY, a TEXT);
INSERT INTO "résumé" VALUES (1, 'accents');
CREATE TABLE "RÉSUMÉ" (id INTEGER PRIMARY KEY, a TEXT);
INSERT INTO "RÉSUMÉ" VALUES (1, 'upper accents');
CREATE TABLE "ÉTÉ" (a TEXT);
INSERT INTO "ÉTÉ" VALUES ('upper');
CREATE TABLE "été" (a TEXT);
INSERT INTO "été" VALUES ('lower');
