//! Spans of time as options have them, such as `12h`.

use std::time::Duration;

/// Seconds of 100 years: whoever means more means never.
const LONGEST: u64 = 100 * 365 * 24 * 60 * 60;

/// Reads a whole number with `s`, `m`, `h` or `d` behind it; 0 is none.
pub fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = u64::from(count) * seconds;
    (1..=LONGEST).contains(&seconds).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_its_unit() {
        for (text, seconds) in [("1s", 1), ("30m", 1_800), ("12h", 43_200), ("90d", 7_776_000), ("36500d", LONGEST)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "0h", "-1h", "1.5h", "1w", "1 h", "60", "36501d", "4294967295d", "1ä", "ä"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
