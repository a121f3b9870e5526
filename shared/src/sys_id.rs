//! sys_ids: made here as 32 lowercase hex digits, taken from callers as opaque text.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Names what a sys_id is derived from, so that equal texts of different kinds get different ids.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A wrap-up code, from its label.
    Code,
    /// A configuration, from its name.
    Configuration,
    /// An external wrap-up segment, from its external id.
    ExternalSegment,
    /// An internal wrap-up segment, from agent, interaction, segment id and its predecessor.
    InternalSegment,
    /// An API user, from the user name.
    User,
    /// A phone log record, from its segment id.
    PhoneLog,
    /// An event of a wrap-up segment, from its sys_id, when it was created, and what counts its changes.
    SegmentEvent,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Code => "interaction_wrap_up_code",
            Self::Configuration => "interaction_wrap_up_configuration",
            Self::ExternalSegment => "interaction_wrap_up_segment.external",
            Self::InternalSegment => "interaction_wrap_up_segment.internal",
            Self::User => "sys_user",
            Self::PhoneLog => "sn_openframe_phone_log",
            Self::SegmentEvent => "interaction_wrap_up_segment.event",
        }
    }
}

/// The project's own UUID namespace. Changing it orphans every stored record.
const NAMESPACE: Uuid = Uuid::from_u128(0x6a1f_8c0e_52b7_4d39_9e60_c4d7_3b18_f2a5);

/// The sys_id that `parts` always get: UUIDv5, so a record is found, and made only once, without
/// a lookup or a lock.
///
/// It is safe because a UUIDv5 has 122 bits of a hash: a billion records collide by chance with
/// probability below 1e-18. SHA-1 admits collisions that are made on purpose, so every record that
/// API callers name by a text also keeps that text, and its store compares it before it trusts a match.
pub fn derive(kind: Kind, parts: &[&str]) -> String {
    derive_uuid(kind, parts).simple().to_string()
}

/// The UUID of which [`derive`] writes the digits.
pub(crate) fn derive_uuid(kind: Kind, parts: &[&str]) -> Uuid {
    let mut name = kind.name().as_bytes().to_vec();
    for part in parts {
        push_part(&mut name, part.as_bytes());
    }
    Uuid::new_v5(&NAMESPACE, &name)
}

/// SHA-256 of the parts, each behind its length, so that ("ab", "c") and ("a", "bc") differ. 64 hex digits.
pub fn digest(parts: &[&str]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        push_part(&mut bytes, part.as_bytes());
    }
    sha256(&bytes)
}

/// SHA-256 of `bytes`, 64 hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Whether `id` looks like a sys_id made here. Only such an id is ever used as a key as it came:
/// the segment table's other keys hold a colon, so no caller can name them.
pub fn is_ours(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The sys_id that a caller means by `id`, as it is made here: some clients and spreadsheets write its letters in upper
/// case. None of what has not the shape of one, of which the case counts.
pub fn ours(id: &str) -> Option<Cow<'_, str>> {
    match is_ours(id) {
        true => Some(Cow::Borrowed(id)),
        false => Some(id.to_ascii_lowercase()).filter(|id| is_ours(id)).map(Cow::Owned),
    }
}

/// Lowercase hex digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Adds a part behind its length, so that where it ends is part of what is hashed.
pub(crate) fn push_part(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
    bytes.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_stable_and_ours() {
        // A changed value here means that stored records are no longer found.
        for (kind, parts, id) in [
            (Kind::Code, &["Billing Issue"][..], "3199c94057ae53e3a203a64d7739da2b"),
            (Kind::Configuration, &["Demo"], "459249ae34d559a4ad648aab5800ea0a"),
            (Kind::ExternalSegment, &["EXT-SEG-001"], "f6ee49d4452c5861bf340835f51bb09a"),
            (Kind::InternalSegment, &["a", "i", "", ""], "affca2d4eb2954288222c3a861ea7ad0"),
            (Kind::User, &["username"], "c21d32e5feca5cd5a17cf28634ed7442"),
            (Kind::PhoneLog, &["S-1"], "72e805f21c1c5b5fabf4a94dc274b05e"),
        ] {
            assert_eq!(derive(kind, parts), id);
            assert!(is_ours(id));
        }
        assert_eq!(digest(&["a", "i"]), "e5c91bf7ee4423128cc61fe5117c267af4fd5bc7fe2e27eb72555ad8d56222d1");
        assert_ne!(derive(Kind::Code, &["x"]), derive(Kind::User, &["x"]));
        assert_ne!(derive(Kind::InternalSegment, &["ab", "c"]), derive(Kind::InternalSegment, &["a", "bc"]));
    }

    #[test]
    fn only_32_lowercase_hex_digits_are_ours() {
        assert!(!is_ours("latest:0123456789abcdef0123456789"));
        assert!(!is_ours("0123456789ABCDEF0123456789ABCDEF"));
        assert!(!is_ours("0123456789abcdef0123456789abcde"));
        assert!(is_ours("0123456789abcdef0123456789abcdef"));
    }

    #[test]
    fn a_sys_id_in_upper_case_is_the_one_in_lower_case() {
        let ours = "0123456789abcdef0123456789abcdef";
        for id in [ours, "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789ABCDEF"] {
            assert_eq!(super::ours(id).as_deref(), Some(ours), "{id}");
        }
        for id in ["0123456789ABCDEF0123456789ABCDE", "0123456789ABCDEF0123456789ABCDEG", "EXT-SEG-001", ""] {
            assert_eq!(super::ours(id), None, "{id}");
        }
    }
}
