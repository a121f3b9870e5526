#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<String>);
impl Origins {
    pub fn from_env() -> Result<Self, wrapup::settings::SettingsError> {
        Ok(Self(
            std::env::var("WRAPUP_ALLOWED_ORIGINS")
                .unwrap_or_default()
                .split(',')
                .map(|o| o.trim().to_owned())
                .filter(|o| !o.is_empty())
                .collect(),
        ))
    }
    pub fn allows(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == origin)
    }
}
