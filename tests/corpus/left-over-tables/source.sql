-- Tables left by interrupted schema changes: _alembic_tmp_, _old, __temp__, sqlitestudio_temp_table, backup
-- copies.
-- Found in: crashed migrations
CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO orders VALUES (1, 'a'), (2, 'b');
CREATE TABLE _alembic_tmp_orders (id INTEGER NOT NULL, name VARCHAR(64), PRIMARY KEY (id));
INSERT INTO _alembic_tmp_orders VALUES (1, 'a');
CREATE TABLE orders_old (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE __temp__orders AS SELECT * FROM orders;
CREATE TABLE sqlitestudio_temp_table AS SELECT * FROM orders WHERE id = 2;
CREATE TABLE orders_bkup_20251010 AS SELECT * FROM orders;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO alembic_version VALUES ('0a1b2c');
CREATE TEMP TABLE never_seen (x);
