//! Whose name the records keep that an operator's command changes.

use wrapup::document::{BoundedText, FromText, Problem};
use wrapup::dynamodb::SYSTEM;
use wrapup::settings;

/// The variable that names the operator.
pub const OPERATOR: &str = "WRAPUP_OPERATOR";

/// The variables that hold the login name: POSIX's, its older form, and that of Windows.
const LOGIN: [&str; 3] = ["LOGNAME", "USER", "USERNAME"];

/// Where nobody says who it is, as in a container.
const NOBODY: &str = "operator";

/// Characters that an operator's name may have: as many as a user's.
const LONGEST: usize = 64;

/// Reads a name; blank is none.
pub fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    if name.chars().any(char::is_control) {
        return Err(Problem::WrongType { expected: "a text without control characters", found: "another text" });
    }
    if name.eq_ignore_ascii_case(SYSTEM) {
        return Err(Problem::WrongType {
            expected: "the name of somebody",
            found: "what records name where nobody asked",
        });
    }
    BoundedText::<LONGEST>::from_text(name).map(|name| name.0)
}

/// The name that was given, else the login name, else `operator`.
pub fn or_login(given: Option<&str>) -> String {
    let logins = LOGIN.into_iter().filter_map(settings::optional).filter_map(|login| name(&login).ok());
    let mut names = given.map(str::to_owned).into_iter().chain(logins).filter(|name| !name.is_empty());
    names.next().unwrap_or_else(|| NOBODY.to_owned())
}
