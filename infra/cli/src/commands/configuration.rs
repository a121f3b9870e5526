use std::path::{Path, PathBuf};

use clap::Subcommand;
use wrapup::System;
use wrapup::codes::Fate;
use wrapup::configurations::{Configurations, Definition};
use wrapup::dynamodb::Stamp;

use super::import_report::Report;
use super::{CommandError, parse_json, print_list, read_file};
use crate::connect::Target;
use crate::import;
use crate::output::{self, Output, Row};

/// `wrapup configuration`
#[derive(Subcommand)]
pub enum Command {
    /// Create or update a configuration, or a list of them as `list` prints it as JSON; prints their sys_ids
    Put {
        /// JSON with the fields of the configuration table; allowed_codes are labels. - reads standard input
        file: PathBuf,
        /// Show what is new, the same, changed or refused, and write nothing
        #[arg(long)]
        dry_run: bool,
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
        Command::Put { file, dry_run } => put(&system, &file, dry_run, &target.stamp()).await?,
        Command::List { output } => print_list(&system.configurations().list().await?, output)?,
        Command::Show { sys_id } => output::json(&*system.configurations().get(&sys_id).await?)?,
    }
    Ok(())
}

/// Stores what a file says: one configuration, or a list of which those are stored that are right.
async fn put(system: &System, file: &Path, dry_run: bool, stamp: &Stamp) -> Result<(), CommandError> {
    let content = read_file(file)?;
    let text = import::decode(&content).map_err(|error| CommandError::file(file, error))?;
    let listed = text.trim_start().starts_with('[');
    let definitions = match listed {
        true => {
            let object = format!("{{\"configurations\":{text}\n}}");
            parse_json(file, object.as_bytes(), |fields| {
                let entries = fields.each_object("configurations")?.into_iter();
                Some(entries.map(|entry| entry?.attempt(Definition::read)).collect())
            })?
        }
        false => vec![Ok(parse_json(file, text.as_bytes(), Definition::read)?)],
    };
    let mut report = Report::new(dry_run);
    for definition in definitions {
        let definition = match definition {
            Ok(definition) => definition,
            Err(violations) => {
                report.refuse(&CommandError::file(file, violations));
                continue;
            }
        };
        if let Some(problem) = unusable_codes(system, &definition).await? {
            if !listed {
                return Err(CommandError::file(file, problem));
            }
            report.refuse(&format!("'{}': {problem}", definition.name));
            continue;
        }
        let fate = fate(system.configurations(), &definition).await?;
        if !dry_run {
            system.configurations().put(&definition, stamp).await?;
            output::line(&definition.sys_id)?;
        }
        report.count(fate, &definition.name)?;
    }
    if listed || dry_run { report.end("configuration", "configurations") } else { Ok(()) }
}

/// What putting a configuration does.
pub async fn fate(configurations: &Configurations, definition: &Definition) -> Result<Fate, wrapup::Error> {
    match configurations.get(&definition.sys_id).await {
        Ok(stored) if *stored == *definition => Ok(Fate::Same),
        Ok(_) => Ok(Fate::Changed),
        Err(wrapup::Error::NotFound(_)) => Ok(Fate::New),
        Err(error) => Err(error),
    }
}

/// Names the codes that agents could not use.
async fn unusable_codes(system: &System, definition: &Definition) -> Result<Option<String>, wrapup::Error> {
    let codes = system.codes().find(&definition.allowed_codes).await?;
    let unusable = definition.allowed_codes.iter().filter(|label| codes.get(*label).is_none_or(|code| !code.active));
    let unusable: Vec<_> = unusable.map(|label| format!("'{}'", label.as_str())).collect();
    let problem = || {
        let labels = unusable.join(", ");
        format!("no active wrap-up code {labels}; add them by `wrapup code import` or POST code first")
    };
    Ok((!unusable.is_empty()).then(problem))
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
