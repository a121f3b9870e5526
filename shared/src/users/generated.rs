use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::sys_id::hex;

/// What stands in front, by which people and scanners of leaked secrets know one.
const PREFIX: &str = "wu_";

/// The digits of a secret: none that a shell, a URL or an editor's double click minds.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random digits of a secret: 62^43 is more than 2^256.
const RANDOM: usize = 43;

/// Digits of its checksum: one text in 62^6, which is 57 billion, has the form by chance.
const CHECKSUM: usize = 6;

/// A secret for a machine, made here: `wu_`, 256 random bits, and a checksum. Because the form tells it from every
/// password, what is *sent* decides how it is checked, whoever the user is: a generated secret in microseconds, all
/// else by Argon2.
pub struct Generated(Zeroizing<String>);

/// What is stored of a generated secret. Nobody can guess 256 random bits, so nothing is gained by a salt or by a
/// hash that is slow: both are there for secrets that people choose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Generated {
    /// A new one.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub fn make() -> Result<Self, getrandom::Error> {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + RANDOM + CHECKSUM));
        text.push_str(PREFIX);
        let mut bytes = Zeroizing::new([0; 64]);
        while text.len() < PREFIX.len() + RANDOM {
            getrandom::fill(&mut *bytes)?;
            // The bytes beyond a multiple of 62 would make the first digits likelier than the last.
            let fair = bytes.iter().filter(|byte| usize::from(**byte) < 4 * DIGITS.len());
            let digits = fair.map(|byte| char::from(DIGITS[usize::from(*byte) % DIGITS.len()]));
            let missing = PREFIX.len() + RANDOM - text.len();
            text.extend(digits.take(missing));
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Self(text))
    }

    /// One that everybody knows, such as the demo client's; `None` where the text has not the form of one.
    pub fn known_to_everybody(text: &str) -> Option<Self> {
        Fingerprint::of(text).map(|_| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Generated(..)")
    }
}

impl Fingerprint {
    /// That of a text, if the text has the form of a generated secret, checksum and all.
    pub(super) fn of(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let formed = random.len() == RANDOM + CHECKSUM && random.bytes().all(|byte| DIGITS.contains(&byte));
        // All its characters are ASCII by now.
        let (checked, sum) = formed.then(|| text.split_at(PREFIX.len() + RANDOM))?;
        (sum == *checksum(checked)).then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }

    /// One that no secret has, to compare with where a user has none.
    pub(super) const NOBODYS: Self = Self([0; 32]);

    /// Reads what [`Fingerprint`] is stored as.
    pub(super) fn read(stored: &str) -> Option<Self> {
        let digits = stored.strip_prefix(Self::STORED)?;
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// In front of a stored fingerprint.
    pub(super) const STORED: &str = "sha256:";

    /// Whether they are equal, in a time that does not depend on where they differ.
    pub(super) fn matches(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::STORED, hex(&self.0))
    }
}

/// The last digits of a generated secret, out of those before. It is no protection, only a form: a slip of the
/// keyboard or a cut-off copy is no generated secret any more.
fn checksum(text: &str) -> Zeroizing<String> {
    let digest = Sha256::digest(text.as_bytes());
    let mut number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut digits = Zeroizing::new(String::with_capacity(CHECKSUM));
    for _ in 0..CHECKSUM {
        let digit = usize::try_from(number % 62).unwrap_or(0);
        digits.push(char::from(DIGITS[digit]));
        number /= 62;
    }
    digits
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_a_form_that_nothing_else_has() {
        let secret = Generated::make().expect("randomness");
        let text = secret.reveal();
        assert_eq!((text.len(), &text[..3]), (52, "wu_"));
        assert!(text[3..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let fingerprint = Fingerprint::of(text).expect("the form");
        assert!(fingerprint == secret.fingerprint());
        assert!(Fingerprint::read(&fingerprint.to_string()).expect("a fingerprint") == fingerprint);
        assert_ne!(Generated::make().expect("randomness").reveal(), text);
        for index in 0..text.len() {
            let mut slip = text.as_bytes().to_vec();
            slip[index] = if slip[index] == b'x' { b'y' } else { b'x' };
            let slip = String::from_utf8(slip).expect("UTF-8");
            assert!(Fingerprint::of(&slip).is_none(), "{index}");
        }
        for other in ["", "wu_", &text[..51], &format!("{text}0"), &format!(" {text}"), &text.to_uppercase()] {
            assert!(Fingerprint::of(other).is_none(), "{other}");
        }
    }

    #[test]
    fn every_digit_is_as_likely_as_every_other() {
        let mut seen = [0_u32; 128];
        for _ in 0..600 {
            let secret = Generated::make().expect("randomness");
            secret.reveal()[3..46].bytes().for_each(|digit| seen[usize::from(digit)] += 1);
        }
        // 25,800 digits: 416 of each, give or take 20.
        let counts: Vec<u32> = DIGITS.iter().map(|digit| seen[usize::from(*digit)]).collect();
        assert!(counts.iter().all(|count| (290..560).contains(count)), "{counts:?}");
    }

    #[test]
    fn debug_hides_the_secret() {
        assert_eq!(format!("{:?}", Generated::make()), "Ok(Generated(..))");
    }
}
