//! A group of keys that is read: every key is asked for by name, and what nobody asked for is refused.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use super::error::SettingsError;
use super::market::{Note, NoteKind};
use super::node::{Node, Value};
use super::values::ByInterval;

/// The key of the value that holds for everything that has none of its own.
pub(super) const REST: &str = "***";

/// What a whole file's reading shares.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    /// The product whose values are read; none for those of `***`.
    pub(super) product: Option<&'a str>,
    pub(super) notes: RefCell<BTreeSet<Note>>,
    /// Every key that was asked for, with its path.
    pub(super) asked: RefCell<BTreeSet<String>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(file: &'a str, product: Option<&'a str>) -> Self {
        Self {
            file,
            product,
            notes: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    fn note(&self, kind: NoteKind, key: String) {
        self.notes.borrow_mut().insert(Note { kind, key });
    }
}

/// Which numbers are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Any,
    /// 0 and above.
    FromZero,
    /// Above 0.
    Positive,
    /// 0 to 100.
    Percent,
}

impl Range {
    fn holds(self, number: Decimal) -> bool {
        match self {
            Self::Any => true,
            Self::FromZero => number >= Decimal::ZERO,
            Self::Positive => number > Decimal::ZERO,
            Self::Percent => (Decimal::ZERO..=Decimal::from_integer(100)).contains(&number),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Any => "a number",
            Self::FromZero => "a number from 0 on",
            Self::Positive => "a number above 0",
            Self::Percent => "a percentage from 0 to 100",
        }
    }
}

/// A group of keys.
pub(super) struct Section<'a> {
    reading: &'a Reading<'a>,
    path: String,
    /// None where the file does not have the group.
    map: Option<&'a [(String, Node)]>,
    asked: RefCell<BTreeSet<&'static str>>,
    /// Beginnings of keys that are known.
    beginnings: RefCell<Vec<&'static str>>,
}

/// Whether a key names a product: `BTC-USDC`.
pub(super) fn is_product(key: &str) -> bool {
    let is_symbol = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    key.split_once('-')
        .is_some_and(|(base, quote)| is_symbol(base) && is_symbol(quote))
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn whole(reading: &'a Reading<'a>, node: &'a Node) -> Result<Self, SettingsError> {
        let map = match &node.value {
            Value::Map(map) => Some(map.as_slice()),
            other => {
                return Err(SettingsError::WrongValue {
                    file: reading.file.to_owned(),
                    line: node.line,
                    key: "the file".to_owned(),
                    wanted: "a group of keys".to_owned(),
                    found: other.words(),
                });
            }
        };
        let section = Self {
            reading,
            path: String::new(),
            map,
            asked: RefCell::default(),
            beginnings: RefCell::default(),
        };
        section.no_key_twice()?;
        Ok(section)
    }

    fn no_key_twice(&self) -> Result<(), SettingsError> {
        let mut seen = BTreeSet::new();
        for (key, node) in self.map.unwrap_or_default() {
            if !seen.insert(key.as_str()) {
                return Err(SettingsError::TwiceKey {
                    file: self.reading.file.to_owned(),
                    line: node.line,
                    key: self.key(key),
                });
            }
        }
        Ok(())
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn wrong(&self, node: &Node, key: &str, wanted: impl Into<String>) -> SettingsError {
        SettingsError::WrongValue {
            file: self.reading.file.to_owned(),
            line: node.line,
            key: self.key(key),
            wanted: wanted.into(),
            found: node.value.words(),
        }
    }

    fn ask(&self, key: &'static str) {
        self.asked.borrow_mut().insert(key);
        self.reading.asked.borrow_mut().insert(self.key(key));
    }

    fn raw(&self, key: &'static str) -> Option<&'a Node> {
        self.ask(key);
        let map = self.map.unwrap_or_default();
        map.iter().find(|(own, _)| own == key).map(|(_, node)| node)
    }

    /// The value of a key for the product that is read: where there is a group by product, its own or that of `***`.
    fn get(&self, key: &'static str) -> Result<Option<&'a Node>, SettingsError> {
        let Some(node) = self.raw(key) else {
            // A group that is missing is told once, not key by key.
            if self.map.is_some() {
                self.reading.note(NoteKind::Missing, self.key(key));
            }
            return Ok(None);
        };
        self.by_product(key, node).map(Some)
    }

    fn by_product(&self, key: &str, node: &'a Node) -> Result<&'a Node, SettingsError> {
        let Value::Map(map) = &node.value else {
            return Ok(node);
        };
        let of = |name: &str| {
            map.iter()
                .find(|(own, _)| own == name)
                .map(|(_, node)| node)
        };
        let is_by_product = map.iter().any(|(own, _)| own == REST || is_product(own));
        if !is_by_product {
            return Ok(node);
        }
        let own = self.reading.product.and_then(of);
        match own.or_else(|| of(REST)) {
            Some(found) => Ok(found),
            None => Err(self.wrong(
                node,
                key,
                "a value, or values by product with one for all others (`***`)",
            )),
        }
    }

    /// In a group by product, keys that are no products.
    fn only_products(&self, key: &str, node: &Node) -> Result<(), SettingsError> {
        let Value::Map(map) = &node.value else {
            return Ok(());
        };
        for (own, node) in map {
            if own != REST && !is_product(own) {
                let key = self.key(key);
                return Err(self.unknown(node.line, &format!("{key}.{own}"), own, &[REST]));
            }
        }
        Ok(())
    }

    /// A single value, which may be given by product.
    fn single(&self, key: &'static str) -> Result<Option<&'a Node>, SettingsError> {
        if let Some(node) = self.raw(key) {
            self.only_products(key, node)?;
        }
        self.get(key)
    }

    /// A group within this one, which may be given by product as a whole.
    pub(super) fn section(&self, key: &'static str) -> Result<Section<'a>, SettingsError> {
        let node = self.get(key)?;
        self.group(key, node)
    }

    /// A group within this one that has products among its own keys.
    pub(super) fn whole_section(&self, key: &'static str) -> Result<Section<'a>, SettingsError> {
        let node = self.raw(key);
        self.group(key, node)
    }

    fn group(&self, key: &str, node: Option<&'a Node>) -> Result<Section<'a>, SettingsError> {
        let map = match node {
            None => None,
            Some(Node {
                value: Value::Map(map),
                ..
            }) => Some(map.as_slice()),
            Some(node) => return Err(self.wrong(node, key, "a group of keys")),
        };
        let section = Section {
            reading: self.reading,
            path: self.key(key),
            map,
            asked: RefCell::default(),
            beginnings: RefCell::default(),
        };
        section.no_key_twice()?;
        Ok(section)
    }

    /// A switch: `Y` or `N`; `true` and `false`, which some editors make of them, are the same.
    pub(super) fn flag(&self, key: &'static str, default: bool) -> Result<bool, SettingsError> {
        let Some(node) = self.single(key)? else {
            return Ok(default);
        };
        match &node.value {
            Value::Flag(flag) => Ok(*flag),
            Value::Text(text) if text.eq_ignore_ascii_case("y") => Ok(true),
            Value::Text(text) if text.eq_ignore_ascii_case("n") => Ok(false),
            _ => Err(self.wrong(node, key, "\"Y\" or \"N\"")),
        }
    }

    fn number(&self, node: &Node, key: &str, range: Range) -> Result<Decimal, SettingsError> {
        let Value::Number(digits) = &node.value else {
            return Err(self.wrong(node, key, range.words()));
        };
        match Decimal::parse(digits) {
            Ok(number) if range.holds(number) => Ok(number),
            Ok(_) => Err(self.wrong(node, key, range.words())),
            Err(_) => Err(self.wrong(node, key, "a number of at most 12 digits after the point")),
        }
    }

    /// A number.
    pub(super) fn decimal(
        &self,
        key: &'static str,
        default: Decimal,
        range: Range,
    ) -> Result<Decimal, SettingsError> {
        let node = self.single(key)?;
        node.map_or(Ok(default), |node| self.number(node, key, range))
    }

    /// A number of an indicator, where binary ones are in place.
    pub(super) fn double(&self, key: &'static str, default: f64) -> Result<f64, SettingsError> {
        let Some(node) = self.single(key)? else {
            return Ok(default);
        };
        self.number(node, key, Range::FromZero)
            .map(Decimal::to_double)
    }

    fn whole_number(&self, node: &Node, key: &str) -> Result<i64, SettingsError> {
        let number = self.number(node, key, Range::FromZero)?;
        let whole = number.round(0);
        let digits = whole.to_string();
        match digits.parse() {
            Ok(count) if whole == number => Ok(count),
            _ => Err(self.wrong(node, key, "a whole number from 0 on")),
        }
    }

    /// A whole number from 0 on.
    pub(super) fn count(&self, key: &'static str, default: i64) -> Result<i64, SettingsError> {
        let node = self.single(key)?;
        node.map_or(Ok(default), |node| self.whole_number(node, key))
    }

    /// A pause in whole seconds, at least 1: without any, a bot asks the venue as fast as it can.
    pub(super) fn seconds(&self, key: &'static str, default: i64) -> Result<i64, SettingsError> {
        let Some(node) = self.single(key)? else {
            return Ok(default);
        };
        match self.whole_number(node, key)? {
            0 => Err(self.wrong(node, key, "a whole number from 1 on")),
            seconds => Ok(seconds),
        }
    }

    /// A number of candles, at least 1.
    pub(super) fn length(&self, key: &'static str, default: usize) -> Result<usize, SettingsError> {
        let Some(node) = self.single(key)? else {
            return Ok(default);
        };
        match usize::try_from(self.whole_number(node, key)?) {
            Ok(length) if (1..=1_000).contains(&length) => Ok(length),
            _ => Err(self.wrong(node, key, "a whole number from 1 to 1000")),
        }
    }

    /// Whole numbers by length of candles: `{"***": 30, "15min": 5}`; each length and each value may again be given by product.
    pub(super) fn by_interval(
        &self,
        key: &'static str,
        default: ByInterval<i64>,
    ) -> Result<ByInterval<i64>, SettingsError> {
        let Some(node) = self.raw(key) else {
            self.get(key)?;
            return Ok(default);
        };
        let Value::Map(map) = &node.value else {
            return self.whole_number(node, key).map(ByInterval::all);
        };
        let own = self
            .reading
            .product
            .and_then(|product| map.iter().find(|(own, _)| own == product));
        let mut values = default;
        // `***` first, so that it does not undo what stands before it; then what is the product's.
        if let Some((_, node)) = map.iter().find(|(own, _)| own == REST) {
            values = self.interval_values(key, node, values)?;
        }
        for (name, node) in map {
            if name == REST || is_product(name) {
                continue;
            }
            let Some(interval) = Interval::of_name(name) else {
                let key = self.key(key);
                let names = Interval::ALL.map(Interval::name);
                return Err(self.unknown(node.line, &format!("{key}.{name}"), name, &names));
            };
            values = values.with(interval, self.whole_number(node, key)?);
        }
        match own {
            Some((_, node)) => self.interval_values(key, node, values),
            None => Ok(values),
        }
    }

    /// One number for all lengths, or a group by length.
    fn interval_values(
        &self,
        key: &'static str,
        node: &Node,
        before: ByInterval<i64>,
    ) -> Result<ByInterval<i64>, SettingsError> {
        let Value::Map(map) = &node.value else {
            return self.whole_number(node, key).map(ByInterval::all);
        };
        let mut values = before;
        if let Some((_, node)) = map.iter().find(|(name, _)| name == REST) {
            values = ByInterval::all(self.whole_number(node, key)?);
        }
        for (name, node) in map.iter().filter(|(name, _)| name != REST) {
            let Some(interval) = Interval::of_name(name) else {
                let key = self.key(key);
                let names = Interval::ALL.map(Interval::name);
                return Err(self.unknown(node.line, &format!("{key}.{name}"), name, &names));
            };
            values = values.with(interval, self.whole_number(node, key)?);
        }
        Ok(values)
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str, default: &str) -> Result<String, SettingsError> {
        let Some(node) = self.single(key)? else {
            return Ok(default.to_owned());
        };
        match &node.value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.wrong(node, key, "a text")),
        }
    }

    /// A length of candles.
    pub(super) fn interval(
        &self,
        key: &'static str,
        default: Interval,
    ) -> Result<Interval, SettingsError> {
        let name = self.text(key, default.name())?;
        match (Interval::of_name(&name), self.raw(key)) {
            (Some(interval), _) => Ok(interval),
            (None, Some(node)) => Err(self.wrong(node, key, interval_names())),
            (None, None) => Ok(default),
        }
    }

    /// A list.
    fn list(&self, key: &'static str) -> Result<Option<&'a [Node]>, SettingsError> {
        match self.single(key)? {
            None => Ok(None),
            Some(Node {
                value: Value::List(list),
                ..
            }) => Ok(Some(list)),
            Some(node) => Err(self.wrong(node, key, "a list")),
        }
    }

    /// A list of texts, each of which `read` must understand.
    pub(super) fn texts<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, SettingsError> {
        let Some(list) = self.list(key)? else {
            return Ok(None);
        };
        let mut found = Vec::with_capacity(list.len());
        for node in list {
            let read = match &node.value {
                Value::Text(text) => read(text),
                _ => None,
            };
            found.push(read.ok_or_else(|| self.wrong(node, key, wanted))?);
        }
        Ok(Some(found))
    }

    /// A list of products.
    pub(super) fn products(
        &self,
        key: &'static str,
        default: &[&str],
    ) -> Result<BTreeSet<String>, SettingsError> {
        let wanted = "a list of products such as \"BTC-USDC\"";
        let read = |text: &str| is_product(text).then(|| text.to_owned());
        let found = self.texts(key, wanted, read)?;
        Ok(match found {
            Some(found) => found.into_iter().collect(),
            None => default.iter().map(|one| (*one).to_owned()).collect(),
        })
    }

    /// A list of position numbers.
    pub(super) fn positions(&self, key: &'static str) -> Result<BTreeSet<i64>, SettingsError> {
        let list = self.list(key)?.unwrap_or_default();
        list.iter()
            .map(|node| self.whole_number(node, key))
            .collect()
    }

    /// A list of numbers from 0 on.
    pub(super) fn decimals(
        &self,
        key: &'static str,
    ) -> Result<Option<Vec<Decimal>>, SettingsError> {
        let Some(list) = self.list(key)? else {
            return Ok(None);
        };
        let numbers = list
            .iter()
            .map(|node| self.number(node, key, Range::FromZero));
        numbers.collect::<Result<_, _>>().map(Some)
    }

    /// A list of strategies.
    pub(super) fn strategies(
        &self,
        key: &'static str,
    ) -> Result<Option<BTreeSet<Strategy>>, SettingsError> {
        let wanted = "a list of strategies such as \"sha\"";
        let found = self.texts(key, wanted, Strategy::of_name)?;
        Ok(found.map(|found| found.into_iter().collect()))
    }

    /// A group of numbers by number, such as give-back levels.
    pub(super) fn levels(
        &self,
        key: &'static str,
    ) -> Result<Option<Vec<(Decimal, Decimal)>>, SettingsError> {
        let Some(node) = self.get(key)? else {
            return Ok(None);
        };
        let Value::Map(map) = &node.value else {
            return Err(self.wrong(node, key, "a group of numbers by number"));
        };
        let mut levels = Vec::with_capacity(map.len());
        for (name, node) in map {
            let wanted = "a group of numbers by number";
            let level = Decimal::parse(name).map_err(|_| self.wrong(node, key, wanted))?;
            levels.push((level, self.number(node, key, Range::FromZero)?));
        }
        levels.sort_unstable();
        Ok(Some(levels))
    }

    /// The group itself as numbers by product, but for `except`.
    pub(super) fn numbers_by_product(
        &self,
        except: &[&str],
    ) -> Result<Vec<(String, Decimal)>, SettingsError> {
        let mut numbers = Vec::new();
        for (name, node) in self.map.unwrap_or_default() {
            if except.contains(&name.as_str()) {
                continue;
            }
            if name != REST && !is_product(name) {
                let known: Vec<&str> = except.iter().copied().chain([REST]).collect();
                return Err(self.unknown(node.line, &self.key(name), name, &known));
            }
            numbers.push((name.clone(), self.number(node, name, Range::FromZero)?));
        }
        Ok(numbers)
    }

    /// A key that may be there and does nothing. It is said once.
    pub(super) fn without_effect(&self, keys: &[&'static str]) {
        for key in keys {
            if self.raw(key).is_some() {
                self.reading.note(NoteKind::WithoutEffect, self.key(key));
            }
        }
    }

    /// The same for all keys that begin like this.
    pub(super) fn without_effect_from(&self, beginning: &'static str) {
        self.beginnings.borrow_mut().push(beginning);
        let is_one = |key: &str| key.starts_with(beginning);
        let map = self.map.unwrap_or_default();
        for (key, _) in map.iter().filter(|(key, _)| is_one(key)) {
            self.reading.note(NoteKind::WithoutEffect, self.key(key));
        }
    }

    /// All groups of a group, by their names.
    pub(super) fn groups(
        &self,
        key: &'static str,
    ) -> Result<Vec<(&'a str, Section<'a>)>, SettingsError> {
        let section = self.whole_section(key)?;
        let mut groups = Vec::new();
        for (name, node) in section.map.unwrap_or_default() {
            groups.push((name.as_str(), section.group(name, Some(node))?));
        }
        Ok(groups)
    }

    /// A key for people: neither read nor worth a word.
    pub(super) fn remark(&self, keys: &[&'static str]) {
        for key in keys {
            self.raw(key);
        }
    }

    /// The spelling of a key that the file uses, where both a right and an odd one are known.
    pub(super) fn spelling(&self, right: &'static str, odd: &'static str) -> &'static str {
        self.ask(right);
        let has = |key: &str| {
            let map = self.map.unwrap_or_default();
            map.iter().any(|(own, _)| own == key)
        };
        if has(odd) && !has(right) {
            self.reading.note(NoteKind::OddSpelling, self.key(odd));
            odd
        } else {
            right
        }
    }

    /// Whether the key has a single number.
    pub(super) fn is_number(&self, key: &'static str) -> bool {
        let node = self.raw(key);
        node.is_some_and(|node| matches!(node.value, Value::Number(_)))
    }

    /// The end of the group: what nobody asked for is refused.
    pub(super) fn finish(self) -> Result<(), SettingsError> {
        let asked = self.asked.borrow();
        let beginnings = self.beginnings.borrow();
        for (key, node) in self.map.unwrap_or_default() {
            let is_known = beginnings
                .iter()
                .any(|beginning| key.starts_with(beginning));
            if !is_known && !asked.contains(key.as_str()) {
                let known: Vec<&str> = asked.iter().copied().collect();
                return Err(self.unknown(node.line, &self.key(key), key, &known));
            }
        }
        Ok(())
    }

    fn unknown(&self, line: usize, path: &str, key: &str, known: &[&str]) -> SettingsError {
        SettingsError::UnknownKey {
            file: self.reading.file.to_owned(),
            line,
            key: path.to_owned(),
            nearest: nearest(key, known).map(str::to_owned),
        }
    }
}

fn interval_names() -> String {
    let names = Interval::ALL.map(|interval| format!("\"{}\"", interval.name()));
    format!("one of {}", names.join(", "))
}

/// The known key that is spelt most like this one, if one is near enough.
pub(super) fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let best = known
        .iter()
        .map(|other| (distance(key, other), *other))
        .min()?;
    // A third of the letters may differ.
    (best.0 <= key.chars().count().max(3) / 3).then_some(best.1)
}

/// How many letters must be changed, added or taken away to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut last = at + 1;
        let mut next = vec![last];
        for ((second, above), diagonal) in other.iter().zip(row.iter().skip(1)).zip(&row) {
            let changed = diagonal + usize::from(letter != *second);
            last = changed.min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_their_key() {
        let known = ["trade_size", "trade_size_max", "buying_on_yn"];
        assert_eq!(nearest("trade_sise", &known), Some("trade_size"));
        assert_eq!(nearest("byuing_on_yn", &known), Some("buying_on_yn"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn products_are_told_from_other_keys() {
        for (key, is) in [
            ("BTC-USDC", true),
            ("1INCH-USDC", true),
            ("btc-usdc", false),
            ("15min", false),
            ("***", false),
            ("-USDC", false),
        ] {
            assert_eq!(is_product(key), is, "{key}");
        }
    }
}
