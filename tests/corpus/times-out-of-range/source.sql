-- TIME columns hold durations: negative, over 24 and over 838 hours, with fractions, and as numbers.
-- Found in: durations and time sheets
CREATE TABLE durations (id INTEGER PRIMARY KEY, took TIME);
INSERT INTO durations(took) VALUES ('00:00:00'), ('23:59:59'), ('24:00:00'), ('25:30:00'), ('-01:00:00'), ('838:59:59'), ('839:00:00');
INSERT INTO durations(took) VALUES ('12:00:00.123456789'), ('1:2:3'), ('12:00 PM'), ('T12:00:00Z'), ('12:00:00+02:00'), ('P1DT2H'), (''), (3600), (0.5), (123456);
