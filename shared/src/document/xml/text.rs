use super::{Fault, steps};
use crate::document::value;
use crate::xml;

pub(super) const NO_CHARACTER: &str = "a reference to what is no character";

/// A text that is put together from what stands in it and what it refers to.
#[derive(Default)]
pub(super) struct Text {
    whole: value::Text,
    /// The first half of a surrogate pair, as a reference of its own, while the second may follow.
    half: Option<u32>,
}

impl Text {
    /// Adds what stands in the text as it is.
    pub(super) fn push(&mut self, piece: &str) {
        if !piece.is_empty() && self.half.take().is_some() {
            self.lone_half();
        }
        self.whole.text.push_str(piece);
    }

    /// Adds what a reference stands for; `name` is what it has between `&`, which is at `start`, and `;`. Serialisers that
    /// think in UTF-16 write a character beyond U+FFFF as two references, and the last one of a text that was cut may
    /// have lost the other.
    pub(super) fn push_reference(&mut self, name: &str, start: usize) -> Result<(), Fault> {
        steps::note(1 + name.len());
        let code = match name {
            "amp" => u32::from('&'),
            "lt" => u32::from('<'),
            "gt" => u32::from('>'),
            "quot" => u32::from('"'),
            "apos" => u32::from('\''),
            _ => number(name).ok_or(Fault::new(start, "a reference that XML does not know"))?,
        };
        let first = self.half.take();
        let character = match (first, code) {
            (Some(first), 0xdc00..=0xdfff) => char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (code - 0xdc00)),
            (first, code) => {
                if first.is_some() {
                    self.lone_half();
                }
                match code {
                    0xd800..=0xdbff => {
                        self.half = Some(code);
                        return Ok(());
                    }
                    0xdc00..=0xdfff => {
                        self.lone_half();
                        return Ok(());
                    }
                    code => char::from_u32(code),
                }
            }
        };
        let character = character.filter(|character| xml::is_character(*character));
        self.whole.text.push(character.ok_or(Fault::new(start, NO_CHARACTER))?);
        Ok(())
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> value::Text {
        if self.half.is_some() {
            self.lone_half();
        }
        self.whole
    }

    fn lone_half(&mut self) {
        self.whole.text.push('\u{fffd}');
        self.whole.has_half = true;
    }
}

/// The number of a character reference. One that is larger than any character's is one that no character has.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('#')?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    // Rust would take a sign.
    let written = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    written.then(|| u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}
