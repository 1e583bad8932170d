//! Colours, named by what they mean. They are stripped where there is no terminal or `NO_COLOR` is set; the words say
//! the same without them.

/// What a piece of text is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    /// The heading of a paragraph.
    Heading,
    /// The word before an error.
    Error,
    /// The word before a warning.
    Warning,
    /// A result as it should be.
    Good,
}

impl Style {
    /// The text in this style.
    pub(crate) fn paint(self, text: &str) -> String {
        let code = match self {
            Style::Heading => "1",
            Style::Error => "1;31",
            Style::Warning => "1;33",
            Style::Good => "1;32",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
