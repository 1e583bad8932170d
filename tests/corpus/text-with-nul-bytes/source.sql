-- Text holds NUL characters at the start, in the middle and at the end.
-- Found in: C strings and fixed-width fields copied with their padding
CREATE TABLE labels (id INTEGER PRIMARY KEY, label TEXT);
INSERT INTO labels VALUES (1, 'a' || char(0) || 'b');
INSERT INTO labels VALUES (2, char(0));
INSERT INTO labels VALUES (3, 'tail' || char(0) || char(0));
INSERT INTO labels VALUES (4, char(0) || 'head');
INSERT INTO labels VALUES (5, 'plain');
