use std::fmt;

use zeroize::Zeroizing;

use super::form::{composed, forms};
use super::generated::Fingerprint;
use super::predictable::pieces;

/// Characters that a password chosen from now on has at the least (NIST SP 800-63B-4, 3.1.1.2: 15 where it is the
/// only factor).
const FEWEST: usize = 15;

/// Pieces that a password chosen from now on has at the least, see [`pieces`].
const FEWEST_PIECES: usize = 8;

/// A password in clear. It shows itself to nobody: `Debug` hides it, and it is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

/// Which rule a new password breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    /// Guessed by trying.
    #[error("a password has {FEWEST} characters or more; this one has {has}")]
    TooShort {
        /// Its characters.
        has: usize,
    },
    /// Guessed at once.
    #[error("the password is little more than the user's name")]
    LikeTheName,
    /// Guessed early.
    #[error("the password is little more than common words, repetitions, and rows of digits, letters or keys")]
    Predictable,
    /// What HTTP Basic does not carry (RFC 7617).
    #[error("a password has no control characters")]
    Control,
    /// Made elsewhere, so nobody knows how random it is.
    #[error("the password has the form of a generated secret; --generate makes one")]
    Generated,
}

impl Password {
    /// Takes a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Whether there is anything in it but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Holds a password that somebody has chosen against the rules for new ones.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, user_name: &str) -> Result<(), PasswordRule> {
        let has = self.0.chars().count();
        if has < FEWEST {
            return Err(PasswordRule::TooShort { has });
        }
        if self.0.chars().any(char::is_control) {
            return Err(PasswordRule::Control);
        }
        if self.generated().is_some() {
            return Err(PasswordRule::Generated);
        }
        if pieces(&self.0, None, FEWEST_PIECES) < FEWEST_PIECES {
            return Err(PasswordRule::Predictable);
        }
        if pieces(&self.0, Some(user_name), FEWEST_PIECES) < FEWEST_PIECES {
            return Err(PasswordRule::LikeTheName);
        }
        Ok(())
    }

    /// The text itself, for where it is checked.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// In NFC.
    pub(super) fn composed(self) -> Self {
        composed(&self.0).map_or(self, Self)
    }

    /// What it is tried as.
    pub(super) fn forms(&self) -> Vec<Self> {
        forms(&self.0).into_iter().map(Self).collect()
    }

    /// What is compared if it has the form of a generated secret.
    pub(super) fn generated(&self) -> Option<Fingerprint> {
        Fingerprint::of(&self.0)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::super::Generated;
    use super::*;

    fn check(password: &str, name: &str) -> Result<(), PasswordRule> {
        Password::new(password).check(name)
    }

    #[test]
    fn takes_what_is_long_and_nobodys_first_guess() {
        for password in [
            "a-long-password",
            "pass: w\u{f6}rd \u{1F642} 12",
            "nine lamps under a green roof",
            "9f2c-77ab-e01d-44",
            "\u{5e1}\u{5d9}\u{5e1}\u{5de}\u{5d4} \u{5e9}\u{5dc} \u{5d9}\u{5e9}\u{5e8}\u{5d0}\u{5dc} 7",
            &"nine lamps under a green roof, ".repeat(40),
        ] {
            assert_eq!(check(password, "jane"), Ok(()), "{password}");
        }
    }

    #[test]
    fn refuses_what_is_short_or_guessed_first() {
        for (password, rule) in [
            ("", PasswordRule::TooShort { has: 0 }),
            ("Xk4#nine-lamps", PasswordRule::TooShort { has: 14 }),
            // Characters, not bytes.
            ("\u{1F642}\u{1F511}\u{e4}\u{f6}\u{fc}", PasswordRule::TooShort { has: 5 }),
            ("passwordpassword", PasswordRule::Predictable),
            ("Password123456789", PasswordRule::Predictable),
            ("P@ssw0rdP@ssw0rd", PasswordRule::Predictable),
            ("123456789012345", PasswordRule::Predictable),
            ("987654321987654321", PasswordRule::Predictable),
            ("aaaaaaaaaaaaaaa", PasswordRule::Predictable),
            ("abababababababab", PasswordRule::Predictable),
            ("abcdefghijklmnop", PasswordRule::Predictable),
            ("qwertyuiopasdfghjkl", PasswordRule::Predictable),
            ("1qaz2wsx3edc4rfv", PasswordRule::Predictable),
            ("correcthorsebatterystaple", PasswordRule::Predictable),
            ("correct horse battery staple", PasswordRule::Predictable),
            ("iloveyouiloveyou!", PasswordRule::Predictable),
            ("                    ", PasswordRule::Predictable),
            ("x7x7x7x7x7x7x7x7x7", PasswordRule::Predictable),
            ("ccaas-bridge-77", PasswordRule::LikeTheName),
            ("CCaaS-Bridge-77 2026", PasswordRule::LikeTheName),
            ("ccaas-bridge-77ccaas-bridge-77", PasswordRule::LikeTheName),
            ("nine lamps\u{7} under a roof", PasswordRule::Control),
        ] {
            assert_eq!(check(password, "ccaas-bridge-77"), Err(rule), "{password}");
        }
        let secret = Generated::make().expect("randomness");
        assert_eq!(check(secret.reveal(), "jane"), Err(PasswordRule::Generated));
        // One that is cut off is a password like any other.
        assert_eq!(check(&secret.reveal()[..40], "jane"), Ok(()));
    }

    #[test]
    fn debug_hides_the_password() {
        assert_eq!(format!("{:?}", Password::new("secret")), "Password(..)");
    }
}
