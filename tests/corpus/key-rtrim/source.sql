-- Keys with COLLATE RTRIM ignore trailing spaces but nothing else.
-- Found in: fixed-width imports
CREATE TABLE codes (code TEXT PRIMARY KEY COLLATE RTRIM, name TEXT);
INSERT INTO codes VALUES ('a ', 'with a space'), ('A', 'upper'), ('b', 'none'), ('á', 'accent'), ('b' || char(9), 'tab');
