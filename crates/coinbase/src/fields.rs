//! Reading the venue's JSON leniently: a number may be text, an empty text is nothing, an unknown field is nobody's
//! business. What must be there and is not makes the answer unreadable.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::ExchangeError;
use serde_json::Value;

/// An object of an answer, with the call that it is the answer to.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'answer> {
    pub(crate) value: &'answer Value,
    call: &'answer str,
}

impl<'answer> Fields<'answer> {
    pub(crate) fn of(value: &'answer Value, call: &'answer str) -> Self {
        Self { value, call }
    }

    /// The error of a field that is missing or wrong.
    pub(crate) fn wrong(&self, name: &str, why: &str) -> ExchangeError {
        ExchangeError::Unreadable {
            call: self.call.to_owned(),
            detail: format!("`{name}` {why}"),
        }
    }

    fn get(&self, name: &str) -> Option<&'answer Value> {
        self.value.get(name).filter(|value| !value.is_null())
    }

    /// An object inside; an empty one where there is none.
    pub(crate) fn inside(&self, name: &str) -> Self {
        Self {
            value: self.get(name).unwrap_or(&Value::Null),
            call: self.call,
        }
    }

    /// The objects of a list; none where there is no list.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = Self> {
        let call = self.call;
        let items = self.get(name).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .map(move |value| Self { value, call })
    }

    /// The objects of a list that must be there.
    pub(crate) fn needed_list(
        &self,
        name: &str,
    ) -> Result<impl Iterator<Item = Self>, ExchangeError> {
        match self.get(name) {
            Some(Value::Array(_)) => Ok(self.list(name)),
            _ => Err(self.wrong(name, "is no list")),
        }
    }

    /// A text that is not empty; a number or a truth is read as its text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => (!text.trim().is_empty()).then(|| text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A text that must be there.
    pub(crate) fn needed_text(&self, name: &str) -> Result<String, ExchangeError> {
        self.text(name)
            .ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// A number, where there is one. More than twelve places are rounded.
    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, ExchangeError> {
        self.text(name)
            .map(|text| Decimal::parse_rounded(&text))
            .transpose()
            .map_err(|error| self.wrong(name, &error.to_string()))
    }

    /// A number that must be there.
    pub(crate) fn needed_decimal(&self, name: &str) -> Result<Decimal, ExchangeError> {
        self.decimal(name)?
            .ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// A number; 0 where there is none.
    pub(crate) fn decimal_or_zero(&self, name: &str) -> Result<Decimal, ExchangeError> {
        Ok(self.decimal(name)?.unwrap_or_default())
    }

    /// A count.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// A truth; false where there is none.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text == "true")
    }

    /// A moment, where there is one that can be read.
    pub(crate) fn moment(&self, name: &str) -> Option<Timestamp> {
        moment(&self.text(name)?)
    }

    /// A moment that must be there.
    pub(crate) fn needed_moment(&self, name: &str) -> Result<Timestamp, ExchangeError> {
        self.moment(name)
            .ok_or_else(|| self.wrong(name, "is no moment"))
    }
}

/// A moment of RFC 3339 with up to nine digits after the second; the last three do not count.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = Timestamp::parse(text) {
        return Some(moment);
    }
    let (before, rest) = text.split_once('.')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let after = rest.get(digits.len()..)?;
    let short: String = digits.chars().take(6).collect();
    Timestamp::parse(&format!("{before}.{short}{after}")).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_as_text_or_as_numbers_and_empty_is_nothing() {
        let value = json!({ "a": "1.50", "b": 1.5, "c": "", "d": null, "e": "x", "f": 7 });
        let fields = Fields::of(&value, "GET /x");
        assert_eq!(fields.decimal("a").unwrap(), fields.decimal("b").unwrap());
        assert_eq!(fields.decimal("c").unwrap(), None);
        assert_eq!(fields.decimal("d").unwrap(), None);
        assert_eq!(fields.decimal("missing").unwrap(), None);
        assert_eq!(fields.count("f"), Some(7));
        let error = fields.decimal("e").unwrap_err();
        assert!(matches!(error, ExchangeError::Unreadable { .. }));
        assert!(fields.needed_decimal("c").is_err());
    }

    #[test]
    fn moments_have_up_to_nine_digits() {
        let whole = moment("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(moment("2026-01-02T03:04:05.000000999Z"), Some(whole));
        assert_eq!(
            moment("2026-01-02T05:04:05.123456789+02:00").map(|one| one.as_micros()),
            Some(whole.as_micros() + 123_456)
        );
        assert_eq!(moment("soon"), None);
    }
}
