-- Virtual tables that only show something else: dbstat and the full-text vocabulary.
-- Found in: inspection left in the file
CREATE TABLE trades (id INTEGER PRIMARY KEY, price REAL);
INSERT INTO trades VALUES (1, 1.5), (2, 2.5);
CREATE VIRTUAL TABLE pages_used USING dbstat(main);
CREATE VIEW big_tables AS SELECT name, sum(pgsize) AS bytes FROM pages_used GROUP BY name;
