-- Names contain percent signs, question marks, colons, at signs, dollars, hashes, semicolons, comment marks.
-- Found in: report tables; placeholders in drivers
CREATE TABLE "100%" (id INTEGER PRIMARY KEY, "change %" REAL, "%s" TEXT, "ok?" TEXT, ":name" TEXT, "@var" TEXT, "$cost" REAL, "#no" INTEGER, "a;b" TEXT, "--x" TEXT, "/*y*/" TEXT, "a=b" TEXT, "{z}" TEXT);
INSERT INTO "100%" VALUES (1, 1.5, 's', 'o', 'n', 'v', 2.5, 3, 'ab', 'x', 'y', '=', 'z');
CREATE TABLE "what?" ("?" TEXT, "??" TEXT, "%%" TEXT, "%d" TEXT);
INSERT INTO "what?" VALUES ('1', '2', '3', '4');
