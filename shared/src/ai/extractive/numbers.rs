//! Numbers that a colleague may need: amounts, references, times.

/// A number in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    /// It alone, as it is written: `40127`, `€24.90`.
    pub token: &'a str,
    /// With what says what it is, before or behind it: `order 40127`, `24.90 euros`.
    pub whole: &'a str,
    has_unit: bool,
}

/// What is counted in, without accents.
const UNITS: &[&str] = &[
    "euro", "euros", "eur", "pound", "pounds", "quid", "gbp", "dollar", "dollars", "usd", "bucks", "cent", "cents",
    "pence", "p", "franken", "chf", "francs", "points", "punkte", "puntos", "percent", "prozent", "€", "$", "£", "%",
];

/// The digits from which on a number without letters and without a unit is taken for a reference.
const REFERENCE: usize = 5;

/// The numbers of a text, in its order.
pub fn numbers(text: &str) -> impl Iterator<Item = Number<'_>> {
    let mut words = words(text).collect::<Vec<_>>().into_iter().peekable();
    let mut before: Option<usize> = None;
    std::iter::from_fn(move || {
        loop {
            let (start, word) = words.next()?;
            let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric() && !"€$£%#+".contains(letter));
            if !bare.contains(|letter: char| letter.is_numeric()) {
                // An article says nothing of a number.
                before = (bare == word && bare.chars().count() > 3).then_some(start);
                continue;
            }
            let at = start + word.find(bare).unwrap_or_default();
            let mut end = at + bare.len();
            let has_unit = bare.contains(['€', '$', '£', '%']);
            let ends_here = word.ends_with([',', ';', '.', '!', '?']);
            let unit = words.next_if(|(_, next)| {
                let next = next.trim_matches(|letter: char| !letter.is_alphanumeric() && !"€$£%".contains(letter));
                !ends_here && UNITS.contains(&next.to_lowercase().as_str())
            });
            if let Some((at, unit)) = unit {
                end = at
                    + unit.trim_end_matches(|letter: char| !letter.is_alphanumeric() && !"€$£%".contains(letter)).len();
            }
            let begin = before.filter(|_| !has_unit && unit.is_none()).unwrap_or(at);
            before = None;
            return Some(Number { token: bare, whole: &text[begin..end], has_unit: has_unit || unit.is_some() });
        }
    })
}

/// Whether a number is an amount, or names something; not a time of day, a count or a house.
pub fn is_amount_or_reference(number: &Number<'_>) -> bool {
    let digits = number.token.chars().filter(char::is_ascii_digit).count();
    let has_letters = number.token.chars().filter(|letter| letter.is_alphabetic()).count() >= 2;
    number.has_unit || digits >= REFERENCE || (has_letters && digits >= 3)
}

/// Words, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_references_come_with_what_says_what_they_are() {
        let kept = |text: &'static str| {
            let kept = numbers(text).filter(is_amount_or_reference).map(|number| number.whole).collect::<Vec<_>>();
            kept.join("; ")
        };
        assert_eq!(kept("You paid 24.90 euros for order 40127, twice."), "24.90 euros; order 40127");
        assert_eq!(kept("It is €1,250 or £30."), "€1,250; £30");
        assert_eq!(kept("Case FL-2231-B, by 10:30 on the 3rd, at house 12."), "Case FL-2231-B");
        assert_eq!(kept("Das sind 109,80 Euro, Vorgang 778812."), "109,80 Euro; Vorgang 778812");
        assert_eq!(kept("no numbers at all"), "");
        assert_eq!(kept("300, euros"), "");
    }
}
