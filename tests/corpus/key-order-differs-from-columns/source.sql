-- Composite keys list their columns in another order than the table.
-- Found in: link tables
CREATE TABLE links (note TEXT, child INTEGER, parent INTEGER, PRIMARY KEY (parent, child), UNIQUE (child, note));
INSERT INTO links VALUES ('a', 1, 2), ('b', 1, 3), ('c', 2, 1), ('d', 0, 0);
