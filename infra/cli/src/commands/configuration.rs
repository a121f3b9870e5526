use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use wrapup::System;
use wrapup::codes::{Fate, Label};
use wrapup::configurations::{Configurations, Definition};
use wrapup::document::{Fields, Violations};
use wrapup::dynamodb::Stamp;
use wrapup::near::Near;

use super::import_report::Report;
use super::{CommandError, offering, parse_json, print_list, read_file};
use crate::connect::Target;
use crate::import;
use crate::output::{self, Output, Row, shown};

/// `wrapup configuration`
#[derive(Subcommand)]
pub enum Command {
    /// Create or update a configuration, or a list of them as `list` prints it as JSON; prints their sys_ids, and on standard
    /// error what was done
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
        /// Its sys_id, or its name
        configuration: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    match command {
        Command::Put { file, dry_run } => put(&system, &file, dry_run, &target.stamp()).await?,
        Command::List { output } => print_list(&system.configurations().list().await?, output)?,
        Command::Show { configuration } => output::json(&*find(system.configurations(), &configuration).await?)?,
    }
    Ok(())
}

/// The configuration with this sys_id, or else with this name.
async fn find(configurations: &Configurations, named: &str) -> Result<Arc<Definition>, CommandError> {
    let error = match configurations.get(named).await {
        Err(error @ wrapup::Error::NotFound(_)) => error,
        got => return Ok(got?),
    };
    let listed = configurations.list().await?.records;
    let (mut so_named, others): (Vec<_>, Vec<_>) = listed.into_iter().partition(|listed| listed.name == named);
    match (so_named.pop(), so_named.is_empty()) {
        (Some(one), true) => Ok(Arc::new(one)),
        (Some(one), false) => {
            let sys_ids: Vec<_> = so_named.iter().chain([&one]).map(|listed| listed.sys_id.as_str()).collect();
            let sys_ids = sys_ids.join(", ");
            let several = format!("several configurations are named '{named}': show one by its sys_id, of {sys_ids}");
            Err(CommandError::refused(several))
        }
        (None, _) => {
            let names = others.into_iter().flat_map(|listed| [listed.name, listed.sys_id]).collect();
            Err(offering(error, named, ready(Ok(names))).await)
        }
    }
}

/// What a file says of one configuration, or what is wrong with that, and the labels of its codes as far as they can be read.
type Read = (Result<Definition, Violations>, Vec<Label>);

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
                Some(
                    entries
                        .map(|entry| entry.map_or_else(|wrong| (Err(wrong.into()), Vec::new()), |entry| read(&entry)))
                        .collect(),
                )
            })?
        }
        false => vec![parse_json(file, text.as_bytes(), |fields| Some(read(fields)))?],
    };
    let mut report = Report::new(dry_run);
    for (definition, labels) in definitions {
        let unusable = unusable_codes(system, &labels).await?;
        let definition = match (definition, unusable) {
            (Ok(definition), None) => definition,
            (definition, unusable) => {
                let name = definition.as_ref().ok().filter(|_| listed).map(|definition| definition.name.clone());
                let violations = definition.err().map(|violations| violations.to_string());
                let problems: Vec<_> = violations.into_iter().chain(unusable).collect();
                let problem = problems.join("; ");
                if !listed {
                    return Err(CommandError::file(file, problem));
                }
                match name {
                    Some(name) => report.refuse(&format!("'{name}': {problem}")),
                    None => report.refuse(&CommandError::file(file, problem)),
                }
                continue;
            }
        };
        let fate = fate(system.configurations(), &definition).await?;
        if !dry_run {
            if fate != Fate::Same {
                system.configurations().put(&definition, stamp).await?;
            }
            let did = match fate {
                Fate::New => "created",
                Fate::Changed => "updated",
                Fate::Same => "unchanged:",
            };
            output::complain(&format!("{did} {}", shown(&definition.name)));
            output::line(&definition.sys_id)?;
        }
        report.count(fate, &definition.name)?;
    }
    if listed || dry_run { report.end("configuration", "configurations") } else { Ok(()) }
}

fn read(fields: &Fields<'_>) -> Read {
    (fields.attempt(Definition::read), Definition::allowed_labels(fields))
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

/// Names the codes that agents could not use, and of those that there are the ones that may be meant.
async fn unusable_codes(system: &System, labels: &[Label]) -> Result<Option<String>, wrapup::Error> {
    let codes = system.codes().find(labels).await?;
    let unusable: Vec<_> = labels.iter().filter(|label| codes.get(*label).is_none_or(|code| !code.active)).collect();
    if unusable.is_empty() {
        return Ok(None);
    }
    let there = system.codes().list().await?.records;
    let active: Vec<_> = there.iter().filter(|code| code.active).map(|code| code.code.as_str()).collect();
    let unusable: Vec<_> = unusable
        .into_iter()
        .map(|label| match Near::of(label.as_str(), active.iter().copied()).sentence() {
            none if none.is_empty() => format!("'{}'", label.as_str()),
            near => format!("'{}' ({})", label.as_str(), near.trim_start()),
        })
        .collect();
    let labels = unusable.join(", ");
    Ok(Some(format!("no active wrap-up code {labels}; add them by `wrapup code import` or POST code first")))
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
