-- The server runs with ANSI_QUOTES, NO_BACKSLASH_ESCAPES and PIPES_AS_CONCAT.
-- Found in: servers set up for other engines
CREATE TABLE "order" (id INTEGER PRIMARY KEY, "a""b" TEXT DEFAULT 'it''s "x" \', path TEXT);
INSERT INTO "order" VALUES (1, 'back\slash\', 'C:\new'), (2, '"', ''''), (3, '\', '\''');
CREATE VIEW glued AS SELECT id || "a""b" FROM "order";
