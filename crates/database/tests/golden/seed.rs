//! The seed rows: statements for a server, and the same as values for a file.

use std::collections::BTreeMap;
use std::path::Path;

use cbtrade_core::Decimal;

/// A literal of the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    /// Digits as they stand.
    Number(String),
    Text(String),
}

/// The rows of one INSERT.
#[derive(Clone, Debug)]
pub(crate) struct Insert {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Literal>>,
}

/// The seed's statements, each with its rows taken apart.
pub(crate) struct Seed {
    pub(crate) statements: Vec<String>,
    pub(crate) inserts: Vec<Insert>,
}

impl Seed {
    /// By product, the sum of what open positions have cost, ignored and paper ones too.
    pub(crate) fn spent(&self) -> BTreeMap<String, Decimal> {
        let mut spent: BTreeMap<String, Decimal> = BTreeMap::new();
        for insert in self.inserts.iter().filter(|insert| insert.table == "poss") {
            let place = |name: &str| insert.columns.iter().position(|column| column == name);
            let cell = |row: &[Literal], name| row[place(name).expect("a column")].clone();
            for row in &insert.rows {
                let (Literal::Text(product), Literal::Text(state), Literal::Number(cost)) = (
                    cell(row, "prod_id"),
                    cell(row, "pos_stat"),
                    cell(row, "tot_out_cnt"),
                ) else {
                    continue;
                };
                if state.trim_end().eq_ignore_ascii_case("OPEN") {
                    let cost = Decimal::parse(&cost).expect("a decimal");
                    let sum = spent.entry(product).or_default();
                    *sum = sum.checked_add(cost).expect("a sum");
                }
            }
        }
        spent
    }
}

/// Reads the seed.
pub(crate) fn read_seed(file: &Path) -> Seed {
    let text = std::fs::read_to_string(file).expect("the seed");
    let statements = statements(&text);
    let inserts = statements
        .iter()
        .filter(|statement| statement.starts_with("INSERT"))
        .map(|statement| read_insert(statement))
        .collect();
    Seed {
        statements,
        inserts,
    }
}

/// Statements end with a semicolon outside quotes; comments are lines of their own outside quotes.
fn statements(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    let mut is_quoted = false;
    for line in text.split_inclusive('\n') {
        if !is_quoted && line.starts_with("--") {
            continue;
        }
        for letter in line.chars() {
            match letter {
                '\'' => is_quoted = !is_quoted,
                ';' if !is_quoted => {
                    statements.push(std::mem::take(&mut statement).trim().to_owned());
                    continue;
                }
                _ => {}
            }
            statement.push(letter);
        }
    }
    assert!(
        statement.trim().is_empty(),
        "the seed's last statement has no end"
    );
    statements
}

fn read_insert(statement: &str) -> Insert {
    let (head, values) = statement.split_once(" VALUES\n").expect("INSERT … VALUES");
    let head = head.strip_prefix("INSERT INTO ").expect("INSERT INTO");
    let (name, columns) = head.split_once(" (").expect("columns");
    let (_, table) = name.split_once('.').expect("database and table");
    let columns = columns.trim_end_matches(')').split(", ");
    Insert {
        table: table.to_owned(),
        columns: columns
            .map(|column| column.trim_matches('`').to_owned())
            .collect(),
        rows: read_rows(values),
    }
}

fn read_rows(text: &str) -> Vec<Vec<Literal>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => row = Vec::new(),
            ')' => rows.push(std::mem::take(&mut row)),
            ',' | ' ' | '\n' => {}
            '\'' => {
                let mut text = String::new();
                while let Some(letter) = letters.next() {
                    match (letter, letters.peek()) {
                        ('\'', Some('\'')) => {
                            letters.next();
                            text.push('\'');
                        }
                        ('\'', _) => break,
                        (letter, _) => text.push(letter),
                    }
                }
                row.push(Literal::Text(text));
            }
            first => {
                let mut word = String::from(first);
                while let Some(letter) = letters.next_if(|letter| !matches!(letter, ',' | ')')) {
                    word.push(letter);
                }
                row.push(if word == "NULL" {
                    Literal::Null
                } else {
                    Literal::Number(word)
                });
            }
        }
    }
    rows
}
