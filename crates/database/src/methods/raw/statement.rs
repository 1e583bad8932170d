//! A caller's statement: what it begins with, and whether it is one.

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It gives rows and changes nothing, so it may be run again.
    Query,
    /// It changes rows.
    Write,
    /// It changes tables, which a server commits by itself.
    Definition,
}

/// A statement's text, read far enough to know its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) kind: Kind,
}

const QUERIES: &[&str] = &[
    "SELECT", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "VALUES", "TABLE",
];
const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "REPLACE", "CALL"];
const DEFINITIONS: &[&str] = &["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "ANALYZE"];

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// Why it is not accepted: several statements in one text; one that would end the layer's transaction or change its
    /// session, which other calls use after it.
    pub(super) fn read(sql: &str) -> Result<Statement, String> {
        let words = words(sql)?;
        let Some(first) = words.first() else {
            return Err("it is empty".to_owned());
        };
        let is = |kind: &[&str]| kind.contains(&first.as_str());
        let kind = if is(QUERIES) {
            Kind::Query
        } else if first == "WITH" {
            // A query by its beginning, a write by what follows.
            match words.iter().any(|word| WRITES.contains(&word.as_str())) {
                true => Kind::Write,
                false => Kind::Query,
            }
        } else if is(WRITES) {
            Kind::Write
        } else if is(DEFINITIONS) {
            Kind::Definition
        } else {
            return Err(format!(
                "{first} is not among the statements that can be sent: queries, {}, {}",
                WRITES.join(", "),
                DEFINITIONS.join(", ")
            ));
        };
        Ok(Statement { kind })
    }
}

/// The words of a statement outside quotes and comments, in capitals.
///
/// # Errors
/// A semicolon with more behind it.
fn words(sql: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let mut ended = false;
    for piece in pieces(sql) {
        match piece {
            Piece::Word(_) | Piece::Other(_) if ended => {
                return Err("it is more than one statement".to_owned());
            }
            Piece::Word(word) => words.push(word.to_ascii_uppercase()),
            Piece::Other(";") => ended = true,
            Piece::Other(other) if other.starts_with("/*") => {
                return Err("it has a comment that servers run".to_owned());
            }
            Piece::Other(_) | Piece::Blank => {}
        }
    }
    Ok(words)
}

/// A part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A keyword, a bare name or a number.
    Word(&'a str),
    /// A quoted text or name, or a sign.
    Other(&'a str),
    /// White space or a comment.
    Blank,
}

fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '-' if rest.starts_with("-- ") || rest.starts_with("--\n") || rest == "--" => {
                line(rest)
            }
            '#' => line(rest),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ if is_word(first) => rest.find(|other| !is_word(other)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length.min(rest.len()));
        pieces.push(match first {
            '/' if piece.starts_with("/*!") || piece.starts_with("/*M!") => Piece::Other(piece),
            '-' | '#' | '/' if piece.len() > 1 || first == '#' => Piece::Blank,
            _ if first.is_whitespace() => Piece::Blank,
            _ if is_word(first) => Piece::Word(piece),
            _ => Piece::Other(piece),
        });
        rest = after;
    }
    pieces
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$' || character == '@'
}

fn line(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// Length of a quoted part; the quote inside is doubled, or in a text behind a backslash.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote != '`' {
            characters.next();
        } else if character == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return at + character.len_utf8(),
            }
        }
    }
    text.len()
}

/// A statement with each clause on a line of its own, for people to read.
#[must_use]
pub fn pretty_print_sql(sql: &str) -> String {
    const CLAUSES: [&str; 12] = [
        "SELECT", "FROM", "LEFT", "JOIN", "WHERE", "AND", "GROUP", "HAVING", "ORDER", "LIMIT",
        "SET", "VALUES",
    ];
    let mut text = String::with_capacity(sql.len() + 32);
    let mut before = String::new();
    for piece in pieces(sql.trim()) {
        match piece {
            Piece::Blank if text.ends_with(['\n', ' ']) => {}
            Piece::Blank => text.push(' '),
            Piece::Other(other) => text.push_str(other),
            Piece::Word(word) => {
                let word_in_capitals = word.to_ascii_uppercase();
                let begins_clause = CLAUSES.contains(&word_in_capitals.as_str())
                    && !(word_in_capitals == "JOIN" && before == "LEFT");
                if begins_clause && !text.is_empty() {
                    text.truncate(text.trim_end().len());
                    text.push('\n');
                }
                text.push_str(word);
                before = word_in_capitals;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(sql: &str) -> Kind {
        Statement::read(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
            .kind
    }

    #[test]
    fn reading_is_told_from_writing() {
        for query in [
            "select 1",
            " (SELECT 1) UNION SELECT 2;",
            "/* update */ -- delete\nselect 'a; drop table b', \"x\\\"; y\"",
            "# insert\nwith a as (select 1) select * from a",
            "show tables",
            "select `a``;b` from t -- ; end",
        ] {
            assert_eq!(kind(query), Kind::Query, "{query}");
        }
        for write in [
            "insert into t values (1)",
            "UPDATE t SET a = ';'",
            "with a as (select 1) delete from t where x in (select * from a)",
            "call p(1)",
        ] {
            assert_eq!(kind(write), Kind::Write, "{write}");
        }
        assert_eq!(kind("create table t (a int)"), Kind::Definition);
    }

    #[test]
    fn what_would_harm_the_session_is_refused() {
        for wrong in [
            "",
            " -- nothing",
            "select 1; drop table poss",
            "select 1;;select 2",
            "commit",
            "START TRANSACTION",
            "set @a = 1",
            "set session sql_mode = ''",
            "use mysql",
            "lock tables poss write",
            "select 1 /*!; drop table poss */",
            "selec 1",
            "select 'unended",
        ] {
            let read = Statement::read(wrong);
            let unended = wrong.ends_with("unended");
            assert_eq!(read.is_err(), !unended, "{wrong}: {read:?}");
        }
    }

    #[test]
    fn clauses_stand_on_lines_of_their_own() {
        assert_eq!(
            pretty_print_sql(
                "select a,  b from t left join u on x = y where c = 'from' and d = 1 order by a"
            ),
            "select a, b\nfrom t\nleft join u on x = y\nwhere c = 'from'\nand d = 1\norder by a"
        );
    }
}
