-- The default character set of the server and of its databases is latin1.
-- Found in: MariaDB without a configuration file
CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT UNIQUE, code VARCHAR(10));
INSERT INTO notes VALUES (1, 'äöü €', 'é'), (2, '🚀', '日本'), (3, 'Ã¤', '?'), (4, '?', 'e');
