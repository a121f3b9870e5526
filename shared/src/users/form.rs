//! The forms that a text is tried in. Two machines may write one name or password in different code points: an `ü`
//! as one, or as a `u` with two dots behind it.

use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

/// A text in NFC, and then as it was sent where that is another one. Always both, whichever of them fits: so that
/// the time tells nothing. Each copy wipes itself.
pub(super) fn forms(text: &str) -> Vec<Zeroizing<String>> {
    composed(text).into_iter().chain([Zeroizing::new(text.to_owned())]).collect()
}

/// A text in NFC, where it is not in NFC already.
pub(super) fn composed(text: &str) -> Option<Zeroizing<String>> {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let (head, tail) = nfc.split_normalized(text);
    if tail.is_empty() {
        return None;
    }
    // No text grows by more than that in UTF-8 (Unicode's FAQ on normalization), so the copy is never moved, and
    // leaves nothing behind where it was.
    let mut composed = Zeroizing::new(String::with_capacity(3 * text.len()));
    composed.push_str(head);
    nfc.normalize_to(tail, &mut *composed).ok()?;
    (*composed != text).then_some(composed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_tried_composed_and_as_it_is() {
        for (text, tried) in [
            ("jane", &["jane"][..]),
            ("J\u{fc}rgen", &["J\u{fc}rgen"]),
            ("Ju\u{308}rgen", &["J\u{fc}rgen", "Ju\u{308}rgen"]),
            // The kelvin sign is another character than K in no other form.
            ("\u{212a}", &["K", "\u{212a}"]),
            ("\u{1e9b}\u{323}", &["\u{1e9b}\u{323}"]),
            ("", &[""]),
        ] {
            let forms: Vec<String> = forms(text).iter().map(|form| form.to_string()).collect();
            assert_eq!(forms, tried, "{text:?}");
        }
    }

    #[test]
    fn a_composed_copy_is_never_moved() {
        // Each of these takes three bytes where it took one character before, the most that there is.
        let longest = "\u{1d160}\u{fb2c}\u{390}".repeat(100);
        let composed = composed(&longest).map(|composed| (composed.len(), composed.capacity()));
        assert!(composed.is_some_and(|(len, capacity)| len <= 3 * longest.len() && capacity == 3 * longest.len()));
    }
}
