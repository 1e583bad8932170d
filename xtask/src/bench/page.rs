//! The page that results are written into.

use super::Result;

/// Puts a benchmark's results between its markers, in place of the last ones.
pub(crate) fn write(benchmark: &str, text: &str) -> Result<()> {
    let path = super::migrate::workspace().join("docs/reference/performance.md");
    let page = std::fs::read_to_string(&path)?;
    std::fs::write(path, replaced(&page, benchmark, text)?)?;
    Ok(())
}

fn replaced(page: &str, benchmark: &str, text: &str) -> Result<String> {
    let (begin, end) = (
        format!("<!-- bench {benchmark}: begin -->"),
        format!("<!-- bench {benchmark}: end -->"),
    );
    let (before, rest) = page
        .split_once(&begin)
        .ok_or_else(|| format!("the page has no `{begin}`"))?;
    let (_, after) = rest
        .split_once(&end)
        .ok_or_else(|| format!("the page has no `{end}`"))?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", text.trim()))
}

/// The day, for the page.
pub(crate) fn day() -> String {
    super::machine::said(std::process::Command::new("date").args(["-u", "+%Y-%m-%d"]))
}

/// One number to hold.
pub(crate) struct Held {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) holds: bool,
}

impl Held {
    /// The table of numbers, and how many are missed.
    pub(crate) fn table(list: &[Held]) -> (String, usize) {
        let mut text = "\n| number to hold | measured | |\n|---|---|---|\n".to_owned();
        for held in list {
            let verdict = if held.holds { "PASS" } else { "MISS" };
            text.push_str(&format!(
                "| {} | {} | {verdict} |\n",
                held.what, held.measured
            ));
        }
        (text, list.iter().filter(|held| !held.holds).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_part_of_the_page_is_replaced() {
        let page = "a\n<!-- bench x: begin -->\nold\n<!-- bench x: end -->\nb\n<!-- bench y: begin -->\n<!-- bench y: end -->\n";
        let new = replaced(page, "x", "\nnew\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- bench x: begin -->\nnew\n<!-- bench x: end -->\nb\n<!-- bench y: begin -->\n<!-- bench y: end -->\n"
        );
        assert!(replaced(page, "z", "new").is_err());
    }
}
