-- Text with four-byte characters: emoji, families joined by zero-width joiners, flags, old scripts.
-- Found in: chat and note fields; MySQL utf8 (three bytes) cannot hold them
CREATE TABLE notes (id INTEGER PRIMARY KEY, note VARCHAR(10));
INSERT INTO notes VALUES (1, '🚀');
INSERT INTO notes VALUES (2, '👨‍👩‍👧‍👦');
INSERT INTO notes VALUES (3, '🇩🇪🇮🇳');
INSERT INTO notes VALUES (4, '𝔸𝕓𝕔 𒀀 𐍈');
INSERT INTO notes VALUES (5, '👍🏽👍👍🏿');
INSERT INTO notes VALUES (6, char(0x1F600, 0x10FFFF, 0x10000));
