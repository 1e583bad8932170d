//! What only the text of a CREATE TABLE tells: CHECKs, generated columns, deferred foreign keys.
//!
//! SQLite has accepted the text, so this reads it leniently and never fails: strings, quoted names,
//! comments and parentheses are told apart, the rest are words.

use crate::raw_schema::RawCheck;

/// What was found in one CREATE TABLE.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CreateText {
    /// The CHECKs in the order of their declaration.
    pub(crate) checks: Vec<RawCheck>,
    /// The generated columns: name and expression.
    pub(crate) generated: Vec<(String, String)>,
    /// For each foreign key in the order of its declaration, whether it is initially deferred.
    pub(crate) deferred: Vec<bool>,
}

/// Reads the text of a CREATE TABLE.
pub(crate) fn read(sql: &str) -> CreateText {
    let tokens = tokens(sql);
    let Some(open) = tokens.iter().position(|token| token.is(sql, "(")) else {
        return CreateText::default();
    };
    let mut reader = Reader {
        sql,
        tokens: &tokens,
        at: open + 1,
        found: CreateText::default(),
    };
    while reader.item() {}
    reader.found
}

/// The module of a CREATE VIRTUAL TABLE.
pub(crate) fn module(sql: &str) -> Option<String> {
    let tokens = tokens(sql);
    let using = tokens.iter().position(|token| token.is(sql, "USING"))?;
    tokens.get(using + 1).map(|token| token.name(sql))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A keyword, an unquoted name, a number.
    Word,
    /// A string or a quoted name, with its quotes.
    Quoted,
    /// Any other single character.
    Mark,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

impl Token {
    fn text(self, sql: &str) -> &str {
        &sql[self.start..self.end]
    }

    /// Whether it is this keyword or mark.
    fn is(self, sql: &str, expected: &str) -> bool {
        self.kind != Kind::Quoted && self.text(sql).eq_ignore_ascii_case(expected)
    }

    fn name(self, sql: &str) -> String {
        let text = self.text(sql);
        if self.kind != Kind::Quoted {
            return text.to_owned();
        }
        let mut characters = text.chars();
        let Some(open) = characters.next() else {
            return String::new();
        };
        let inner = &text[open.len_utf8()..];
        let close = if open == '[' { ']' } else { open };
        let inner = inner.strip_suffix(close).unwrap_or(inner);
        if open == '[' {
            return inner.to_owned();
        }
        inner.replace(&format!("{open}{open}"), &open.to_string())
    }
}

fn tokens(sql: &str) -> Vec<Token> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {
                at += 1;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = find(bytes, at, b"\n");
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = find(bytes, at + 2, b"*/");
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => {
                at = end_of_quoted(bytes, at, quote);
                Kind::Quoted
            }
            b'[' => {
                at = find(bytes, at, b"]");
                Kind::Quoted
            }
            byte if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                Kind::Word
            }
            _ => {
                at += 1;
                Kind::Mark
            }
        };
        tokens.push(Token {
            kind,
            start,
            end: at,
        });
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.') || byte >= 0x80
}

/// The position after the next `end`, or the end of the text.
fn find(bytes: &[u8], from: usize, end: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(end.len())
        .position(|window| window == end)
        .map_or(bytes.len(), |position| from + position + end.len())
}

fn end_of_quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

struct Reader<'text> {
    sql: &'text str,
    tokens: &'text [Token],
    at: usize,
    found: CreateText,
}

impl Reader<'_> {
    fn token(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn next_is(&self, expected: &str) -> bool {
        self.token()
            .is_some_and(|token| token.is(self.sql, expected))
    }

    /// Reads up to the next comma; false at the closing parenthesis.
    fn item(&mut self) -> bool {
        let Some(first) = self.token() else {
            return false;
        };
        const TABLE_CONSTRAINTS: [&str; 5] =
            ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let is_column = !TABLE_CONSTRAINTS
            .iter()
            .any(|word| first.is(self.sql, word))
            && first.kind != Kind::Mark;
        let column = is_column.then(|| first.name(self.sql));
        if is_column {
            self.at += 1;
        }
        let mut constraint_name = None;
        let mut negated = false;
        while let Some(token) = self.token() {
            self.at += 1;
            let is = |word| token.is(self.sql, word);
            if is(")") {
                return false;
            } else if is(",") {
                return true;
            } else if is("(") {
                self.skip_parentheses();
            } else if is("CONSTRAINT") {
                constraint_name = self.token().map(|token| token.name(self.sql));
                self.at += 1;
                continue;
            } else if is("CHECK") && self.next_is("(") {
                let expression = self.parenthesised();
                let name = constraint_name.take();
                self.found.checks.push(RawCheck { name, expression });
            } else if is("AS") && self.next_is("(") {
                let expression = self.parenthesised();
                if let Some(column) = &column {
                    self.found.generated.push((column.clone(), expression));
                }
            } else if is("REFERENCES") {
                self.found.deferred.push(false);
                // The parent's name, which may be a keyword of ours.
                self.at += 1;
            } else if is("DEFERRABLE") {
                self.deferrable(negated);
            } else if is("DEFAULT") && !self.next_is("(") {
                // A name here is a text, whatever it says.
                self.at += 1;
            }
            negated = is("NOT");
            constraint_name = None;
        }
        false
    }

    /// `[NOT] DEFERRABLE [INITIALLY DEFERRED | INITIALLY IMMEDIATE]` speaks of the last foreign key.
    fn deferrable(&mut self, negated: bool) {
        let mut deferred = false;
        if self.next_is("INITIALLY") {
            self.at += 1;
            deferred = self.next_is("DEFERRED");
            self.at += 1;
        }
        if let Some(last) = self.found.deferred.last_mut() {
            *last = deferred && !negated;
        }
    }

    /// Steps behind the parenthesis that closes the one just passed.
    fn skip_parentheses(&mut self) {
        let mut depth = 1;
        while let Some(token) = self.token() {
            self.at += 1;
            if token.is(self.sql, "(") {
                depth += 1;
            } else if token.is(self.sql, ")") {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
        }
    }

    /// The text between the parenthesis that comes next and the one that closes it.
    fn parenthesised(&mut self) -> String {
        let start = self.token().map_or(self.sql.len(), |token| token.end);
        self.at += 1;
        self.skip_parentheses();
        let end = self
            .tokens
            .get(self.at - 1)
            .map_or(self.sql.len(), |token| token.start);
        self.sql
            .get(start..end)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: Option<&str>, expression: &str) -> RawCheck {
        RawCheck {
            name: name.map(ToOwned::to_owned),
            expression: expression.to_owned(),
        }
    }

    #[test]
    fn checks_are_found_with_their_names() {
        let found = read(
            "CREATE TABLE \"odd(\" (a INT CHECK (a > 0), -- CHECK (no)\n \
             b TEXT CONSTRAINT \"b's\" CHECK (b IN ('(', ')', 'it''s')) NOT NULL, \
             'CHECK' TEXT DEFAULT 'CHECK (x)', [c d] /* CHECK (y) */ INT, \
             CONSTRAINT u UNIQUE (a) CHECK (a < b) CONSTRAINT last CHECK ((a) + (b)))",
        );
        assert_eq!(
            found.checks,
            [
                check(None, "a > 0"),
                check(Some("b's"), "b IN ('(', ')', 'it''s')"),
                check(None, "a < b"),
                check(Some("last"), "(a) + (b)"),
            ]
        );
        assert!(found.generated.is_empty());
    }

    #[test]
    fn generated_columns_are_found() {
        let found = read(
            "create table t(a, b decimal(10,2) generated always as (CAST(a AS TEXT) || ')') stored, \
             `c``d` AS (a+1), e DEFAULT (CAST(1 AS TEXT)))",
        );
        assert_eq!(
            found.generated,
            [
                ("b".to_owned(), "CAST(a AS TEXT) || ')'".to_owned()),
                ("c`d".to_owned(), "a+1".to_owned()),
            ]
        );
    }

    #[test]
    fn deferred_foreign_keys_are_found_in_order() {
        let found = read(
            "CREATE TABLE t(a REFERENCES p(x) DEFERRABLE INITIALLY DEFERRED NOT NULL, \
             b REFERENCES p ON DELETE CASCADE NOT DEFERRABLE INITIALLY DEFERRED, \
             c REFERENCES p DEFERRABLE, d REFERENCES p DEFERRABLE INITIALLY IMMEDIATE, \
             FOREIGN KEY (a, b) REFERENCES q(x, y) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED)",
        );
        assert_eq!(found.deferred, [true, false, false, false, true]);
    }

    #[test]
    fn modules_are_found() {
        let sql = "CREATE VIRTUAL TABLE \"using\" USING fts5(body, tokenize = 'porter')";
        assert_eq!(module(sql).as_deref(), Some("fts5"));
        assert_eq!(
            module("CREATE VIRTUAL TABLE t USING [my mod]").as_deref(),
            Some("my mod")
        );
        assert_eq!(module("CREATE TABLE t(a)"), None);
    }

    #[test]
    fn unfinished_text_does_no_harm() {
        for sql in [
            "",
            "CREATE TABLE t",
            "CREATE TABLE t(a CHECK (",
            "CREATE TABLE t(a 'x",
            "(((",
            "t(a AS (",
        ] {
            read(sql);
        }
    }
}
