-- Foreign keys of many tables carry the same constraint name, and one stands on a generated column.
-- Found in: schemas copied table by table; constraint names are global in MySQL
CREATE TABLE parents (id INTEGER PRIMARY KEY);
INSERT INTO parents VALUES (1), (2);
CREATE TABLE one (id INTEGER PRIMARY KEY, p INTEGER, CONSTRAINT fk_parent FOREIGN KEY (p) REFERENCES parents(id), CONSTRAINT checked CHECK (p > 0));
CREATE TABLE two (id INTEGER PRIMARY KEY, p INTEGER, CONSTRAINT fk_parent FOREIGN KEY (p) REFERENCES parents(id), CONSTRAINT checked CHECK (p > 0));
CREATE TABLE three (id INTEGER PRIMARY KEY, p INTEGER AS (id) STORED, CONSTRAINT fk_parent FOREIGN KEY (p) REFERENCES parents(id));
INSERT INTO one VALUES (1, 1);
INSERT INTO two VALUES (1, 2);
INSERT INTO three (id) VALUES (1), (2);
