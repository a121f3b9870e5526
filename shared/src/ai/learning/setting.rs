use crate::settings::{self, SettingsError};

/// Whether the deployment learns from the codes that agents pick: `on` or `off`; off where unset.
pub const AI_LEARN: &str = "WRAPUP_AI_LEARN";

/// Whether a deployment learns.
///
/// # Errors
/// The variable says neither.
pub fn learns_from_env() -> Result<bool, SettingsError> {
    Ok(settings::switch(AI_LEARN)?.unwrap_or(false))
}
