//! Defaults and CHECKs of SQLite in the target's words, where the meaning is provably the same.

use crate::ddl::{quote_identifier, quote_text};
use crate::model::{ColumnPlan, ColumnType};

/// What becomes of a default.
#[derive(Debug, PartialEq, Eq)]
pub enum ConvertedDefault {
    /// SQL text of the target.
    Sql(String),
    /// No provable equal; the reason.
    NotConverted(&'static str),
}

use ConvertedDefault::{NotConverted, Sql};

/// Converts the text of a DEFAULT for a column of the given type.
#[must_use]
pub fn convert_default(text: &str, column: ColumnType) -> ConvertedDefault {
    let bare = strip_parentheses(text.trim());
    let upper = bare.to_ascii_uppercase();
    match upper.as_str() {
        "NULL" => return Sql("NULL".to_owned()),
        "CURRENT_TIMESTAMP" | "DATETIME('NOW')" | "DATETIME()" => {
            return now_default(column, "%Y-%m-%d %H:%i:%s");
        }
        "CURRENT_DATE" | "DATE('NOW')" | "DATE()" => return now_default(column, "%Y-%m-%d"),
        "CURRENT_TIME" | "TIME('NOW')" | "TIME()" => return now_default(column, "%H:%i:%s"),
        "STRFTIME('%S','NOW')" | "STRFTIME('%S', 'NOW')" | "UNIXEPOCH()" | "UNIXEPOCH('NOW')"
            if column == ColumnType::BigInt && (bare.contains("%s") || upper.starts_with('U')) =>
        {
            return Sql("(UNIX_TIMESTAMP())".to_owned());
        }
        "TRUE" if column.is_number() => return Sql("1".to_owned()),
        "FALSE" if column.is_number() => return Sql("0".to_owned()),
        _ => {}
    }
    if let Some(literal) = string_literal(bare) {
        return text_default(&literal, column);
    }
    if let Some(number) = number_literal(bare) {
        return number_default(&number, column);
    }
    if let Some(hex) = upper
        .strip_prefix("X'")
        .and_then(|rest| rest.strip_suffix('\''))
    {
        let bytes = hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        return match column {
            ColumnType::Varbinary { .. } | ColumnType::LongBlob if bytes => {
                Sql(format!("(X'{hex}')"))
            }
            _ => NotConverted("a blob default for a column that is not of bytes"),
        };
    }
    NotConverted("an expression without a provable equal")
}

fn now_default(column: ColumnType, format: &str) -> ConvertedDefault {
    match column {
        ColumnType::DateTime { fraction: 0 } | ColumnType::Timestamp { fraction: 0 }
            if format.len() > 12 =>
        {
            Sql("CURRENT_TIMESTAMP".to_owned())
        }
        ColumnType::Varchar { .. }
        | ColumnType::Char { .. }
        | ColumnType::Text
        | ColumnType::LongText => Sql(format!(
            "(DATE_FORMAT(UTC_TIMESTAMP(),{}))",
            quote_text(format)
        )),
        ColumnType::Date if format == "%Y-%m-%d" => Sql("(UTC_DATE())".to_owned()),
        _ => NotConverted("the current time for a column that holds none"),
    }
}

fn text_default(literal: &str, column: ColumnType) -> ConvertedDefault {
    if let Some(limit) = column.characters_max()
        && literal.chars().count() > limit as usize
    {
        return NotConverted("longer than the column");
    }
    match column {
        ColumnType::Varchar { .. } | ColumnType::Char { .. } => Sql(quote_text(literal)),
        ColumnType::Text | ColumnType::LongText => Sql(format!("({})", quote_text(literal))),
        ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => {
            match crate::moment::parse_date_text(literal.as_bytes()) {
                Some(date) if date.plain => Sql(quote_text(literal)),
                _ => NotConverted("not a plain date"),
            }
        }
        column if column.is_number() => match number_literal(literal) {
            // Affinity turns the text of a number into the number.
            Some(number) => number_default(&number, column),
            None => NotConverted("text for a column of numbers"),
        },
        _ => NotConverted("text for a column of another kind"),
    }
}

fn number_default(number: &str, column: ColumnType) -> ConvertedDefault {
    let parsed = crate::number::TextNumber::parse(number);
    let fits = match (column, &parsed) {
        (_, None) => false,
        (ColumnType::Double, Some(_)) => true,
        (ColumnType::Decimal { precision, scale }, Some(parsed)) => {
            parsed.scale() <= u32::from(scale)
                && parsed.integer_digits() <= u32::from(precision - scale)
        }
        (ColumnType::Varchar { characters }, Some(_)) => {
            number.len() <= characters as usize
                && number
                    .parse::<i64>()
                    .is_ok_and(|value| value.to_string() == number)
        }
        (column, Some(parsed)) => match (column.integer_range(), parsed.to_i64()) {
            (Some((low, high)), Some(value)) => (low..=high).contains(&value),
            _ => false,
        },
    };
    match column {
        _ if !fits => NotConverted("a number that the column cannot hold"),
        ColumnType::Varchar { .. } => Sql(quote_text(number)),
        _ => Sql(number.trim_start_matches('+').to_owned()),
    }
}

fn strip_parentheses(mut text: &str) -> &str {
    while let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        if !balanced(inner) {
            break;
        }
        text = inner.trim();
    }
    text
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !quoted
}

fn string_literal(text: &str) -> Option<String> {
    let quote = text
        .chars()
        .next()
        .filter(|quote| matches!(quote, '\'' | '"'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let doubled = format!("{quote}{quote}");
    if inner.replace(&doubled, "").contains(quote) {
        return None;
    }
    Some(inner.replace(&doubled, &quote.to_string()))
}

fn number_literal(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    if let Some(hex) = compact.to_ascii_lowercase().strip_prefix("0x") {
        // SQLite reads 16 hexadecimal digits as two's complement.
        return u64::from_str_radix(hex, 16)
            .ok()
            .map(|value| value.cast_signed().to_string());
    }
    crate::number::TextNumber::parse(&compact).map(|_| compact)
}

/// Converts a CHECK expression, or says why its meaning is not provably the same.
///
/// Taken over are comparisons, BETWEEN, IN, IS NULL, AND, OR and NOT, over columns that are all of numbers with
/// literals that are numbers, or all of text compared by bytes with literals that are text.
///
/// # Errors
/// The reason in a few words.
pub fn convert_check(expression: &str, columns: &[ColumnPlan]) -> Result<String, &'static str> {
    let tokens = tokens(expression).ok_or("text that could not be read")?;
    let mut out = Vec::with_capacity(tokens.len());
    let (mut numbers, mut texts) = (false, false);
    for (position, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) => match word.to_ascii_uppercase().as_str() {
                "IS" if !followed_by_null(&tokens[position + 1..]) => {
                    return Err("IS between values, which the server has not");
                }
                keyword @ ("AND" | "OR" | "NOT" | "IN" | "BETWEEN" | "IS" | "NULL") => {
                    out.push(keyword.to_owned())
                }
                _ => {
                    if matches!(tokens.get(position + 1), Some(Token::Symbol(symbol)) if symbol == "(")
                    {
                        return Err("a function");
                    }
                    out.push(checked_column(word, columns, &mut numbers, &mut texts)?);
                }
            },
            Token::Quoted(name) => {
                out.push(checked_column(name, columns, &mut numbers, &mut texts)?)
            }
            Token::Number(number) => {
                numbers = true;
                out.push(number.clone());
            }
            Token::Text(text) => {
                texts = true;
                out.push(quote_text(text));
            }
            Token::Symbol(symbol) => match symbol.as_str() {
                "==" => out.push("=".to_owned()),
                "!=" => out.push("<>".to_owned()),
                "(" | ")" | "," | "=" | "<>" | "<" | "<=" | ">" | ">=" | "-" => {
                    out.push(symbol.clone())
                }
                _ => return Err("an operator without a provable equal"),
            },
        }
    }
    if numbers && texts {
        return Err("a comparison of text with numbers");
    }
    Ok(out.join(" "))
}

fn followed_by_null(rest: &[Token]) -> bool {
    let word = |token: Option<&Token>, wanted: &str| matches!(token, Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
    word(rest.first(), "NULL") || (word(rest.first(), "NOT") && word(rest.get(1), "NULL"))
}

fn checked_column(
    name: &str,
    columns: &[ColumnPlan],
    numbers: &mut bool,
    texts: &mut bool,
) -> Result<String, &'static str> {
    let column = columns
        .iter()
        .find(|column| {
            column
                .source
                .as_deref()
                .is_some_and(|source| source.eq_ignore_ascii_case(name))
        })
        .ok_or("a name that is no column")?;
    if column.auto_increment {
        return Err("a numbered column, which the server's CHECKs may not name");
    }
    if column.column_type.is_number() {
        *numbers = true;
    } else if column.column_type.is_text()
        && column.class_rule == crate::carriage::ClassRule::Text
        && column
            .collation
            .as_deref()
            .is_some_and(|collation| collation.ends_with("bin"))
    {
        *texts = true;
    } else {
        return Err("a column that does not compare as in SQLite");
    }
    Ok(quote_identifier(&column.name))
}

#[derive(Debug)]
enum Token {
    Word(String),
    Quoted(String),
    Number(String),
    Text(String),
    Symbol(String),
}

fn tokens(expression: &str) -> Option<Vec<Token>> {
    let letters: Vec<char> = expression.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let take = |from: usize, test: fn(char) -> bool| {
            letters[from..]
                .iter()
                .take_while(|letter| test(**letter))
                .count()
        };
        if letter.is_whitespace() {
            at += 1;
        } else if letter.is_ascii_digit()
            || (letter == '.' && letters.get(at + 1).is_some_and(char::is_ascii_digit))
        {
            let width = take(at, |letter| letter.is_ascii_alphanumeric() || letter == '.');
            let text: String = letters[at..at + width].iter().collect();
            crate::number::TextNumber::parse(&text)?;
            tokens.push(Token::Number(text));
            at += width;
        } else if letter.is_alphabetic() || letter == '_' {
            let width = take(at, |letter| {
                letter.is_alphanumeric() || letter == '_' || letter == '$'
            });
            tokens.push(Token::Word(letters[at..at + width].iter().collect()));
            at += width;
        } else if matches!(letter, '\'' | '"' | '`' | '[') {
            let (text, width) = quoted(&letters[at..])?;
            tokens.push(if letter == '\'' {
                Token::Text(text)
            } else {
                Token::Quoted(text)
            });
            at += width;
        } else {
            let pair: String = letters[at..(at + 2).min(letters.len())].iter().collect();
            let symbol = if matches!(
                pair.as_str(),
                "==" | "!=" | "<>" | "<=" | ">=" | "||" | "--" | "/*" | "<<" | ">>"
            ) {
                pair
            } else {
                letter.to_string()
            };
            at += symbol.chars().count();
            tokens.push(Token::Symbol(symbol));
        }
    }
    Some(tokens)
}

fn quoted(letters: &[char]) -> Option<(String, usize)> {
    let close = if letters[0] == '[' { ']' } else { letters[0] };
    let mut text = String::new();
    let mut at = 1;
    loop {
        let letter = *letters.get(at)?;
        if letter == close {
            if close != ']' && letters.get(at + 1) == Some(&close) {
                text.push(close);
                at += 2;
                continue;
            }
            return Some((text, at + 1));
        }
        text.push(letter);
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carriage::{ClassRule, Fidelity};

    fn column(name: &str, column_type: ColumnType) -> ColumnPlan {
        ColumnPlan {
            name: name.to_owned(),
            source: Some(name.to_owned()),
            constant: None,
            declared: String::new(),
            column_type,
            collation: column_type
                .is_text()
                .then(|| "utf8mb4_nopad_bin".to_owned()),
            nullable: true,
            default: None,
            on_update_now: false,
            auto_increment: false,
            class_rule: ClassRule::Text,
            fidelity: Fidelity::Exact,
            rounding: false,
            reason: String::new(),
        }
    }

    #[test]
    fn defaults() {
        let varchar = ColumnType::Varchar { characters: 10 };
        let sql = |text: &str, column| match convert_default(text, column) {
            Sql(sql) => sql,
            NotConverted(reason) => format!("not converted: {reason}"),
        };
        assert_eq!(sql("'it''s'", varchar), "'it''s'");
        assert_eq!(sql("\"N\"", varchar), "'N'");
        assert_eq!(sql("'x'", ColumnType::LongText), "('x')");
        assert_eq!(sql("- 5", ColumnType::BigInt), "-5");
        assert_eq!(sql("0x10", ColumnType::BigInt), "16");
        assert_eq!(sql("(1)", ColumnType::BigInt), "1");
        assert_eq!(
            sql("CURRENT_TIMESTAMP", ColumnType::LongText),
            "(DATE_FORMAT(UTC_TIMESTAMP(),'%Y-%m-%d %H:%i:%s'))"
        );
        assert_eq!(
            sql("(datetime('now'))", ColumnType::DateTime { fraction: 0 }),
            "CURRENT_TIMESTAMP"
        );
        assert_eq!(
            sql("(strftime('%s','now'))", ColumnType::BigInt),
            "(UNIX_TIMESTAMP())"
        );
        assert!(sql("(strftime('%S','now'))", ColumnType::BigInt).starts_with("not"));
        assert!(sql("(random())", ColumnType::BigInt).starts_with("not"));
        assert!(sql("'abc'", ColumnType::BigInt).starts_with("not"));
    }

    #[test]
    fn checks() {
        let columns = [
            column("quantity", ColumnType::BigInt),
            column("state", ColumnType::LongText),
        ];
        assert_eq!(
            convert_check("quantity >= 0 AND quantity<100", &columns).unwrap(),
            "`quantity` >= 0 AND `quantity` < 100"
        );
        assert_eq!(
            convert_check("\"state\" IN ('A','B')", &columns).unwrap(),
            "`state` IN ( 'A' , 'B' )"
        );
        assert!(convert_check("length(state) < 3", &columns).is_err());
        assert!(convert_check("state = 3", &columns).is_err());
        assert!(convert_check("state || 'x' = 'ax'", &columns).is_err());
        assert!(convert_check("other > 1", &columns).is_err());
    }
}
