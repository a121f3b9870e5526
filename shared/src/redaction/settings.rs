use std::str::FromStr;

/// Which personal data are redacted beside what is always secret: `all`, `none`, or some of `date_of_birth`, `email`
/// and `phone` with commas between. All where unset.
pub const REDACT_PERSONAL: &str = "WRAPUP_REDACT_PERSONAL";

/// Whether agents' notes are redacted before they are stored: `on` or `off`. Off where unset.
pub const REDACT_NOTES: &str = "WRAPUP_REDACT_NOTES";

/// Personal data that a deployment may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personal {
    /// Whether dates of birth go.
    pub dates_of_birth: bool,
    /// Whether e-mail addresses go.
    pub email_addresses: bool,
    /// Whether phone numbers go.
    pub phone_numbers: bool,
}

impl Personal {
    /// Everything goes.
    pub const ALL: Self = Self { dates_of_birth: true, email_addresses: true, phone_numbers: true };
    /// Everything stays.
    pub const NONE: Self = Self { dates_of_birth: false, email_addresses: false, phone_numbers: false };
}

impl Default for Personal {
    fn default() -> Self {
        Self::ALL
    }
}

/// A text that names no personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has to be all, none, or some of date_of_birth, email and phone with commas between")]
pub struct NotPersonal;

impl FromStr for Personal {
    type Err = NotPersonal;

    fn from_str(text: &str) -> Result<Self, NotPersonal> {
        match text.trim() {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        let mut personal = Self::NONE;
        for name in text.split(',') {
            match name.trim() {
                "date_of_birth" => personal.dates_of_birth = true,
                "email" => personal.email_addresses = true,
                "phone" => personal.phone_numbers = true,
                _ => return Err(NotPersonal),
            }
        }
        Ok(personal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_all_or_none() {
        assert_eq!("all".parse(), Ok(Personal::ALL));
        assert_eq!(" none ".parse(), Ok(Personal::NONE));
        assert_eq!("email, phone".parse(), Ok(Personal { dates_of_birth: false, ..Personal::ALL }));
        for wrong in ["", "e-mail", "email,", "all,email"] {
            assert_eq!(wrong.parse::<Personal>(), Err(NotPersonal), "{wrong}");
        }
    }
}
