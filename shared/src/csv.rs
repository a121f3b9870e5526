//! Lines of CSV (RFC 4180), for programs and for spreadsheets, which take some texts for formulas.

use std::borrow::Cow;

/// The characters that a formula begins with, in full width too.
const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Cells as a line: in quotes where they have to be.
pub fn line<C: AsRef<str>>(cells: impl IntoIterator<Item = C>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        let cell = cell.as_ref();
        if at > 0 {
            line.push(',');
        }
        if cell.contains(['"', ',', '\r', '\n']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line
}

/// A text that somebody else has written, as a cell that no spreadsheet takes for a formula: such a one has an apostrophe in
/// front.
pub fn no_formula(text: &str) -> Cow<'_, str> {
    match text.starts_with(FORMULAS) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// The text that [`no_formula`] has made a cell of.
pub fn of_no_formula(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| text.starts_with(FORMULAS)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_have_to_be_and_no_text_is_a_formula() {
        let texts = ["Refund", "a, b", "say \"no\"", "two\nlines", "=1+1", "-5", "＝1", "1=1", "'quoted'", ""];
        let cells = texts.map(no_formula);
        let wanted = "Refund,\"a, b\",\"say \"\"no\"\"\",\"two\nlines\",'=1+1,'-5,'＝1,1=1,'quoted',\r\n";
        assert_eq!(line(&cells), wanted);
        assert_eq!(cells.each_ref().map(|cell| of_no_formula(cell)), texts);
    }
}
