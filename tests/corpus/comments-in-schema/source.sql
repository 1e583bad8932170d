-- CREATE TABLE holds comments of both kinds, with quotes, commas, brackets and a missing end in them.
-- Found in: schemas written by hand; the text is kept as it was typed
CREATE TABLE commented ( -- the table's comment, with (brackets
  id INTEGER PRIMARY KEY, /* PRIMARY KEY (name), */
  name TEXT -- it's "the" name, NOT NULL
  , price /* REAL */ INTEGER /* DEFAULT 5 */ DEFAULT 6,
  note TEXT DEFAULT '-- not a comment /* neither */' -- last
) -- after
;
INSERT INTO commented VALUES (1, 'a', 2, 'n');
INSERT INTO commented (id) VALUES (2);
CREATE /* index */ INDEX commented_name ON commented ( name /* COLLATE NOCASE */ DESC ); -- tail
