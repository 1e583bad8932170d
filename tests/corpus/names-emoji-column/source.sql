-- Columns are named with emoji, two of which fall together when every emoji becomes a question mark.
-- Found in: reaction counters
CREATE TABLE reactions (id INTEGER PRIMARY KEY, "👍" INTEGER, "👎" INTEGER, "?" INTEGER, "like 👍" INTEGER);
INSERT INTO reactions VALUES (1, 5, 3, 1, 2);
CREATE INDEX "👍 index" ON reactions("👍");
