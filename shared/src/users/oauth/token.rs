//! Tokens: signed by us, stored nowhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::Keys;

/// What something is signed for. What was signed for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Access tokens.
    Access,
    /// Refresh tokens.
    Refresh,
    /// What lists go on by.
    Cursor,
}

impl Purpose {
    /// What keys for the purpose are made with. Another text ends what was signed before.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Access => "wrapup access token",
            Self::Refresh => "wrapup refresh token",
            Self::Cursor => "wrapup cursor",
        }
    }
}

/// Characters that a token has at most; ours have some 300, and cursors of lists by label up to 2,500.
const MOST: usize = 4096;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// sys_id of the user that it stands for.
    #[serde(rename = "u")]
    pub user: String,
    /// What the user's record said when it was given.
    #[serde(rename = "us")]
    pub user_stamp: String,
    /// The client that it was given to.
    #[serde(rename = "c")]
    pub client: String,
    /// What the client's record said then.
    #[serde(rename = "cs")]
    pub client_stamp: String,
    /// When it ends, in seconds since the Unix epoch.
    #[serde(rename = "e")]
    pub end: u64,
}

/// A token as it was sent: `KEY.CONTENT.SIGNATURE`, the last two in base64url. Nothing of it is proven.
pub(super) struct Sent<'a> {
    /// The id of the key that it names.
    pub key: &'a str,
    content: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Sent<'a> {
    /// Takes a text for a token; `None` where it has not the form of one.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MOST {
            return None;
        }
        let (key, rest) = text.split_once('.')?;
        let (content, signature) = rest.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self { key, content: decode(content)?, signature: decode(signature)? })
    }

    /// What it says, if one of the keys has signed it for this purpose.
    pub fn verified<T: DeserializeOwned>(&self, keys: &Keys, purpose: Purpose) -> Option<T> {
        let key = keys.find(self.key)?;
        key.verify(purpose, &self.content, &self.signature).then(|| serde_json::from_slice(&self.content).ok())?
    }
}

/// Whether a text has the form of what is signed here. That says nothing of whether it was.
pub fn is_formed(text: &str) -> bool {
    Sent::parse(text).is_some()
}

/// A token that says this.
pub(super) fn signed<T: Serialize>(claims: &T, keys: &Keys, purpose: Purpose) -> Result<String, serde_json::Error> {
    let content = serde_json::to_vec(claims)?;
    let signature = keys.signing().sign(purpose, &content);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(format!("{}.{}.{}", keys.signing().id(), encode(&content), encode(&signature)))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    fn keys(key: char, previous: Option<char>) -> Keys {
        let text = |key: char| key.to_string().repeat(43);
        let previous = previous.map(|key| format!(r#","previous":"{}""#, text(key))).unwrap_or_default();
        Keys::read(&format!(r#"{{"key":"{}"{previous}}}"#, text(key))).expect("keys")
    }

    fn claims() -> Claims {
        let text = |text: &str| text.to_owned();
        Claims { user: text("u"), user_stamp: text("."), client: text("c"), client_stamp: text("s"), end: 1_800 }
    }

    fn read(token: &str, keys: &Keys, purpose: Purpose) -> Option<Claims> {
        Sent::parse(token)?.verified(keys, purpose)
    }

    #[test]
    fn a_token_holds_for_its_purpose_while_its_key_is_one_of_two() {
        let one = keys('a', None);
        let token = signed(&claims(), &one, Purpose::Access).expect("a token");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{token}");
        assert_eq!(read(&token, &one, Purpose::Access), Some(claims()));
        assert_eq!(read(&token, &one, Purpose::Refresh), None);
        assert_eq!(read(&token, &keys('b', Some('a')), Purpose::Access), Some(claims()));
        assert_eq!(read(&token, &keys('c', Some('b')), Purpose::Access), None);
        // With two the newer one signs.
        let newer = signed(&claims(), &keys('b', Some('a')), Purpose::Access).expect("a token");
        assert_eq!(read(&newer, &keys('b', None), Purpose::Access), Some(claims()));
        assert_eq!(read(&newer, &one, Purpose::Access), None);
    }

    #[test]
    fn nothing_of_a_token_can_be_changed() {
        let keys = keys('a', Some('b'));
        let token = signed(&claims(), &keys, Purpose::Access).expect("a token");
        for index in 0..token.len() {
            let mut slip = token.clone().into_bytes();
            slip[index] = if slip[index] == b'A' { b'B' } else { b'A' };
            let slip = String::from_utf8(slip).expect("ASCII");
            assert_eq!(read(&slip, &keys, Purpose::Access), None, "{index}: {slip}");
            assert_eq!(read(&token[..index], &keys, Purpose::Access), None, "{index}");
        }
        let parts: Vec<&str> = token.split('.').collect();
        let forged = URL_SAFE_NO_PAD.encode(r#"{"u":"other","us":".","c":"c","cs":"s","e":1800}"#);
        for other in [
            String::new(),
            "..".to_owned(),
            format!("{}.{forged}.{}", parts[0], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{token}A"),
            format!("{token}="),
            format!("{token}.x"),
            "a".repeat(MOST + 1),
        ] {
            assert_eq!(read(&other, &keys, Purpose::Access), None, "{other}");
        }
    }
}
