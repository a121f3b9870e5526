use std::ops::Range;

use super::{Fault, steps};
use crate::xml;

/// A text that is put together from what stands in it and what it refers to.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    half: Option<Half>,
}

/// The first half of a surrogate pair, as a reference of its own. The second has to follow at once.
struct Half {
    code: u32,
    place: Range<usize>,
}

impl Text {
    /// Adds what stands in the text as it is.
    pub(super) fn push(&mut self, piece: &str) -> Result<(), Fault> {
        self.half.take().map_or(Ok(()), |half| Err(no_character(&half.place)))?;
        self.text.push_str(piece);
        Ok(())
    }

    /// Adds what a reference stands for; `name` is what it has between `&` and `;`. Serialisers that think in UTF-16
    /// write a character beyond U+FFFF as two references.
    pub(super) fn push_reference(&mut self, name: &str, place: Range<usize>) -> Result<(), Fault> {
        steps::note(1 + name.len());
        let code = match name {
            "amp" => u32::from('&'),
            "lt" => u32::from('<'),
            "gt" => u32::from('>'),
            "quot" => u32::from('"'),
            "apos" => u32::from('\''),
            _ => number(name).ok_or(Fault::new(place.start, "a reference that XML does not know"))?,
        };
        let character = match (self.half.take(), code) {
            (None, 0xd800..=0xdbff) => {
                self.half = Some(Half { code, place });
                return Ok(());
            }
            (Some(first), 0xdc00..=0xdfff) if first.place.end == place.start => {
                char::from_u32(0x1_0000 + ((first.code - 0xd800) << 10) + (code - 0xdc00))
            }
            (Some(first), _) => return Err(no_character(&first.place)),
            (None, code) => char::from_u32(code),
        };
        self.text.push(character.filter(|character| xml::is_character(*character)).ok_or(no_character(&place))?);
        Ok(())
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> Result<String, Fault> {
        self.push("")?;
        Ok(self.text)
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

fn no_character(place: &Range<usize>) -> Fault {
    Fault::new(place.start, "a reference to what is no character")
}
