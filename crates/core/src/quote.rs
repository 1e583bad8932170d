//! MySQL's quoting, for the few statements that cannot take parameters (DDL).

/// Quotes a name as an identifier: backticks around, backticks inside doubled. Right under any
/// `sql_mode`. The server itself refuses a NUL and, at 64 characters, the length.
#[must_use]
pub fn quote_identifier(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('`');
    for character in name.chars() {
        if character == '`' {
            quoted.push('`');
        }
        quoted.push(character);
    }
    quoted.push('`');
    quoted
}

/// Quotes a text as a string literal, for DDL only (comments, defaults, passwords in `CREATE USER`);
/// anything else is a parameter. Right in a session of crate `mysql`: its contract asserts
/// that `NO_BACKSLASH_ESCAPES` is off and the connection is utf8mb4.
#[must_use]
pub fn quote_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\0' => quoted.push_str("\\0"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\u{1a}' => quoted.push_str("\\Z"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_double_their_backticks() {
        assert_eq!(quote_identifier("orders"), "`orders`");
        assert_eq!(quote_identifier("a`b``"), "`a``b`````");
        assert_eq!(quote_identifier("select \"x\" \\"), "`select \"x\" \\`");
    }

    #[test]
    fn texts_escape_quotes_backslashes_and_controls() {
        assert_eq!(
            quote_text("it's \\ \0 \n \r \u{1a} \""),
            "'it''s \\\\ \\0 \\n \\r \\Z \"'"
        );
    }
}
