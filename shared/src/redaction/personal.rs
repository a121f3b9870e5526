use crate::document::{FromText, Problem};

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

impl FromText for Personal {
    /// `all`, `none`, or some of `date_of_birth`, `email` and `phone` with commas between.
    fn from_text(text: &str) -> Result<Self, Problem> {
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
                _ => {
                    let one_of = "all, none, or some of date_of_birth, email and phone with commas between";
                    return Err(Problem::NotOneOf { one_of });
                }
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
        assert_eq!(Personal::from_text("all"), Ok(Personal::ALL));
        assert_eq!(Personal::from_text(" none "), Ok(Personal::NONE));
        assert_eq!(Personal::from_text("email, phone"), Ok(Personal { dates_of_birth: false, ..Personal::ALL }));
        for wrong in ["", "e-mail", "email,", "all,email"] {
            assert!(Personal::from_text(wrong).is_err(), "{wrong}");
        }
    }
}
