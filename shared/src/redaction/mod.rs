//! Takes out of what was said or written what nobody should find again: card numbers with all that goes with them, PINs,
//! passwords, answers to security questions, account and social security numbers, and, where a deployment wants it,
//! dates of birth, e-mail addresses and phone numbers. In its place stands what it was, in brackets.
//!
//! Numbers are found as they are written and as they are said, in English, German, Spanish and French. A text is read
//! once from its beginning to its end (`text`, `pieces`, `cues`); the rules in `find/` look at what was read. The work
//! grows with the length of the text and no faster.

mod checks;
mod cues;
mod find;
pub mod learned;
mod numerals;
mod patterns;
mod personal;
mod phrases;
mod pieces;
#[cfg(test)]
mod sentences;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::ops::Range;

pub use personal::Personal;

use crate::document::FromText;
use crate::settings::{self, SettingsError};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The number of a payment card.
    CardNumber,
    /// Until when a card is valid.
    ExpiryDate,
    /// A card's check number, or a code for one use.
    SecurityCode,
    /// A PIN.
    Pin,
    /// A password or code word.
    Password,
    /// An answer to a security question.
    SecurityAnswer,
    /// An IBAN.
    Iban,
    /// A social security number: SSN, National Insurance, pension insurance, NIR, NSS.
    SocialSecurityNumber,
    /// A number of a person with an authority: passport, DNI, NIE, tax number.
    IdentityNumber,
    /// When somebody was born.
    DateOfBirth,
    /// An e-mail address.
    EmailAddress,
    /// A phone number.
    PhoneNumber,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::CardNumber,
        Self::ExpiryDate,
        Self::SecurityCode,
        Self::Pin,
        Self::Password,
        Self::SecurityAnswer,
        Self::Iban,
        Self::SocialSecurityNumber,
        Self::IdentityNumber,
        Self::DateOfBirth,
        Self::EmailAddress,
        Self::PhoneNumber,
    ];

    /// What stands in place of it, without the brackets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardNumber => "card number",
            Self::ExpiryDate => "expiry date",
            Self::SecurityCode => "security code",
            Self::Pin => "PIN",
            Self::Password => "password",
            Self::SecurityAnswer => "answer to a security question",
            Self::Iban => "IBAN",
            Self::SocialSecurityNumber => "social security number",
            Self::IdentityNumber => "identity number",
            Self::DateOfBirth => "date of birth",
            Self::EmailAddress => "e-mail address",
            Self::PhoneNumber => "phone number",
        }
    }

    /// What a text in brackets says that it was, and how many bytes that takes.
    fn at_start_of(text: &str) -> Option<(Self, usize)> {
        let inside = text.strip_prefix('[')?;
        let kind = Self::ALL
            .into_iter()
            .find(|kind| inside.strip_prefix(kind.as_str()).is_some_and(|behind| behind.starts_with(']')))?;
        Some((kind, kind.as_str().len() + 2))
    }
}

/// A secret's place in a text. One that was said in several turns has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Range<usize>,
}

/// Takes secrets out of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redactor {
    personal: Personal,
}

impl Redactor {
    /// One that takes out, beside what is always secret, these personal data.
    pub const fn new(personal: Personal) -> Self {
        Self { personal }
    }

    /// What takes secrets out of a deployment's conversations, and of its notes where they are redacted.
    pub fn from_env() -> Result<Self, SettingsError> {
        let personal = settings::read(settings::REDACT_PERSONAL, Personal::from_text)?;
        Ok(Self::new(personal.unwrap_or_default()))
    }

    /// What takes secrets out of agents' notes, if the deployment wants that.
    pub fn of_notes_from_env() -> Result<Option<Self>, SettingsError> {
        if settings::switch(settings::REDACT_NOTES)? == Some(true) { Self::from_env().map(Some) } else { Ok(None) }
    }

    /// The conversation with everything that is secret replaced by what it was, by the rules and by what was learned from
    /// conversations. What was redacted before stays as it is.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        without(text, self.find(text))
    }

    /// The same of notes, by the rules alone: nobody answers anybody in them, which is what was learned from.
    pub fn redact_notes<'a>(&self, text: &'a str) -> Cow<'a, str> {
        without(text, self.wanted(find::findings(text)))
    }

    /// What is secret in a conversation, in its order.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        self.wanted(learned::findings(text))
    }

    /// Of what was found what the deployment wants gone.
    fn wanted(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| match finding.kind {
            Kind::DateOfBirth => self.personal.dates_of_birth,
            Kind::EmailAddress => self.personal.email_addresses,
            Kind::PhoneNumber => self.personal.phone_numbers,
            _ => true,
        });
        findings
    }
}

/// A text with what was found in it replaced by what it was.
fn without(text: &str, findings: Vec<Finding>) -> Cow<'_, str> {
    if findings.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut redacted = String::with_capacity(text.len());
    let mut copied = 0;
    for Finding { kind, bytes } in findings {
        redacted.push_str(&text[copied..bytes.start]);
        redacted.push('[');
        redacted.push_str(kind.as_str());
        redacted.push(']');
        copied = bytes.end;
    }
    redacted.push_str(&text[copied..]);
    Cow::Owned(redacted)
}
