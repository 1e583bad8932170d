-- The same columns are primary key, unique, and unique again, with conflict clauses.
-- Found in: schemas grown over years
CREATE TABLE doubled (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, code TEXT NOT NULL ON CONFLICT IGNORE UNIQUE ON CONFLICT IGNORE, UNIQUE (code), UNIQUE (id, code));
CREATE UNIQUE INDEX doubled_code ON doubled(code);
CREATE UNIQUE INDEX doubled_id ON doubled(id);
INSERT INTO doubled VALUES (1, 'a'), (2, 'b'), (3, 'A');
