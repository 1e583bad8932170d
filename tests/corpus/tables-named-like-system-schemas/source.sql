-- Tables are named mysql, information_schema, performance_schema, sys, user, dual, sqlite.
-- Found in: chance
CREATE TABLE mysql (user TEXT);
INSERT INTO mysql VALUES ('a');
CREATE TABLE information_schema (tables TEXT);
INSERT INTO information_schema VALUES ('b');
CREATE TABLE performance_schema (x TEXT);
INSERT INTO performance_schema VALUES ('c');
CREATE TABLE sys (x TEXT);
INSERT INTO sys VALUES ('d');
CREATE TABLE dual (dummy TEXT);
INSERT INTO dual VALUES ('X');
CREATE TABLE user (host TEXT, user TEXT);
INSERT INTO user VALUES ('h', 'u');
CREATE TABLE sqlite (x TEXT);
INSERT INTO sqlite VALUES ('e');
CREATE TABLE "sqliteXsequence" (x TEXT);
INSERT INTO "sqliteXsequence" VALUES ('f');
CREATE TABLE "#sql-1" (x TEXT);
INSERT INTO "#sql-1" VALUES ('g');
CREATE TABLE "#mysql50#x" (x TEXT);
INSERT INTO "#mysql50#x" VALUES ('h');
