//! What XML 1.0 lets a text and a name consist of, for those who read it and those who write it.

/// What XML takes for white space (its production `S`).
pub const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether XML 1.0 can carry the character (its production `Char`).
pub fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a character that begins with this byte may be one that XML lacks. Beyond ASCII these are U+FFFE and
/// U+FFFF alone, which begin with 0xEF, a byte that never goes on with another character.
pub fn may_be_lacking(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0xef)
}

/// Whether a name can begin with the character (`NameStartChar` without the colon, which parts a prefix from
/// the rest).
pub fn starts_name(character: char) -> bool {
    matches!(character,
        '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// Whether a name can go on with the character (`NameChar`).
pub fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether a text is a name without a prefix.
pub fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}
