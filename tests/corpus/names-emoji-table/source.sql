-- A table is named with emoji, which no server allows in a name.
-- Found in: hobby projects
CREATE TABLE "🚀 orders" (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO "🚀 orders" VALUES (1, 'a');
CREATE TABLE "💎" (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES "🚀 orders"(id));
INSERT INTO "💎" VALUES (1, 1);
