-- Integer keys over 2^53 are neighbours which a double cannot tell apart.
-- Found in: snowflake ids read through JSON or a data frame
CREATE TABLE posts (id BIGINT PRIMARY KEY, body TEXT);
INSERT INTO posts VALUES (9007199254740992, 'a'), (9007199254740993, 'b'), (9007199254740994, 'c'), (1234567890123456789, 'd'), (1234567890123456790, 'e');
