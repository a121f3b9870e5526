use std::path::PathBuf;

use clap::Subcommand;
use wrapup::configurations::Definition;

use super::{CommandError, print_list, read_json};
use crate::connect::Target;
use crate::output::{self, Output, Row};

/// `wrapup configuration`
#[derive(Subcommand)]
pub enum Command {
    /// Create or update a configuration; prints its sys_id
    Put {
        /// JSON with the fields of the configuration table; allowed_codes are labels. - reads standard input
        file: PathBuf,
    },
    /// List the configurations
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Show one configuration as JSON, in the form that `put` takes
    Show {
        /// Its sys_id
        sys_id: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    match command {
        Command::Put { file } => {
            let definition = read_json(&file, Definition::read)?;
            let codes = system.codes().find(&definition.allowed_codes).await?;
            let unusable =
                definition.allowed_codes.iter().filter(|label| codes.get(*label).is_none_or(|code| !code.active));
            let unusable: Vec<_> = unusable.map(|label| format!("'{}'", label.as_str())).collect();
            if !unusable.is_empty() {
                return Err(CommandError::file(
                    &file,
                    format!(
                        "no active wrap-up code {}; add them by `wrapup code import` or POST code first",
                        unusable.join(", ")
                    ),
                ));
            }
            system.configurations().put(&definition, &target.stamp()).await?;
            output::line(definition.sys_id)?;
        }
        Command::List { output } => print_list(&system.configurations().list().await?, output)?,
        Command::Show { sys_id } => output::json(&*system.configurations().get(&sys_id).await?)?,
    }
    Ok(())
}

impl Row for Definition {
    const COLUMNS: &'static [&'static str] =
        &["name", "active", "enable_codes", "allowed_codes", "default_code", "sys_id"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.active.to_string(),
            self.rules.enable_codes.to_string(),
            self.allowed_codes.len().to_string(),
            self.rules.default_code.as_ref().map(|label| label.as_str().to_owned()).unwrap_or_default(),
            self.sys_id.clone(),
        ]
    }
}
