-- Table, column and index names of exactly 64 characters, the longest allowed.
-- Found in: generated schemas
CREATE TABLE a_table_name_of_exactly_sixty_four_characters_that_still_must_fi (id INTEGER PRIMARY KEY, cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc TEXT UNIQUE, dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd INTEGER REFERENCES a_table_name_of_exactly_sixty_four_characters_that_still_must_fi(id));
INSERT INTO a_table_name_of_exactly_sixty_four_characters_that_still_must_fi VALUES (1, 'a', NULL), (2, 'b', 1);
CREATE INDEX iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii ON a_table_name_of_exactly_sixty_four_characters_that_still_must_fi(dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd);
