-- Views refer to tables and columns which are gone, and one view to a broken view.
-- Found in: schemas after a dropped table
CREATE TABLE trades (id INTEGER PRIMARY KEY, price REAL);
INSERT INTO trades VALUES (1, 1.5);
CREATE VIEW lost_table AS SELECT * FROM gone;
CREATE VIEW lost_column AS SELECT missing FROM trades;
CREATE VIEW on_top AS SELECT * FROM lost_table;
CREATE VIEW lost_function AS SELECT my_function(price) FROM trades;
