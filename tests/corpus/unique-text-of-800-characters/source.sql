-- A unique index on texts of 800 characters and more, equal in the first 768.
-- Found in: titles, URLs and hashes with a prefix
CREATE TABLE links (id INTEGER PRIMARY KEY, url TEXT NOT NULL, title VARCHAR(1000));
CREATE UNIQUE INDEX links_url ON links(url);
CREATE UNIQUE INDEX links_title_url ON links(title, url);
INSERT INTO links SELECT 1, printf('%.*c', 800, 'u') || 'a', printf('%.*c', 900, 't');
INSERT INTO links SELECT 2, printf('%.*c', 800, 'u') || 'b', printf('%.*c', 900, 't');
INSERT INTO links SELECT 3, replace(printf('%.*c', 799, 'x'), 'x', 'é'), 'short';
