-- A BOOLEAN primary key holds true, false and more.
-- Found in: one-row settings tables
CREATE TABLE state (active BOOLEAN PRIMARY KEY, note TEXT);
INSERT INTO state VALUES (TRUE, 'yes'), (FALSE, 'no'), (2, 'other'), ('true', 'text');
