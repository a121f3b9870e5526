use std::collections::HashMap;
use std::fmt::Display;
use std::io;

use wrapup::codes::{CodeImport, Codes, Fate};
use wrapup::document::{Problem, Violations};

use super::{CommandError, progress_bar};
use crate::output::{self, shown};

/// Records that are written before the progress bar moves.
const BATCH: usize = 50;

/// An entry of a file: what it says, or what is wrong with that.
pub struct Entry<T> {
    /// Its place as a list of entries names it, with the file's name where there are several files.
    pub place: String,
    /// Names the violations of what it says as whoever wrote the file knows them.
    pub name: Box<dyn Fn(Violations) -> String + Send>,
    /// What it says, or a whole sentence of what is wrong.
    pub says: Result<T, String>,
}

/// What has become of a file's records, or would become of them.
#[derive(Default)]
pub struct Report {
    new: usize,
    changed: usize,
    same: usize,
    refused: usize,
    dry_run: bool,
}

impl Report {
    /// Nothing yet; of a run that writes nothing if it is dry.
    pub fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    /// Whether nothing is to be written.
    pub const fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Counts a record; a dry run shows it.
    pub fn count(&mut self, fate: Fate, name: &str) -> io::Result<()> {
        let (count, word) = match fate {
            Fate::New => (&mut self.new, "new"),
            Fate::Changed => (&mut self.changed, "changed"),
            Fate::Same => (&mut self.same, "same"),
        };
        *count += 1;
        if self.dry_run { output::line(format!("{word:8} {}", shown(name))) } else { Ok(()) }
    }

    /// Says what is wrong with a record that is not taken.
    pub fn refuse(&mut self, problem: &dyn Display) {
        self.refused += 1;
        output::complain(problem);
    }

    /// Says how it went; `one` is what a record is called, `many` what several are.
    ///
    /// # Errors
    /// Where records were refused.
    pub fn end(&self, one: &str, many: &str) -> Result<(), CommandError> {
        let done = self.new + self.changed + self.same;
        let total = done + self.refused;
        let noun = if total == 1 { one } else { many };
        let (did, were) = match self.dry_run {
            true => ("would import", "would not be imported"),
            false if self.refused == 1 => ("imported", "was not imported"),
            false => ("imported", "were not imported"),
        };
        let Self { new, changed, same, refused, .. } = self;
        output::line(format!("{did} {done} of {total} {noun}: {new} new, {changed} changed, {same} the same"))?;
        match refused {
            0 => Ok(()),
            1 => Err(CommandError::refused(format!("1 of {total} {noun} {were}; mend it {AGAIN}"))),
            _ => Err(CommandError::refused(format!("{refused} of {total} {noun} {were}; mend them {AGAIN}"))),
        }
    }
}

const AGAIN: &str = "and import the file again, which changes nothing for the others";

/// Imports codes for an operator; one that is wrong does not keep the others from being stored. Answers those that are there
/// now, or would be.
pub async fn import_codes(
    codes: &Codes,
    entries: Vec<Entry<CodeImport>>,
    operator: &str,
    report: &mut Report,
) -> Result<Vec<CodeImport>, CommandError> {
    let mut valid = Vec::with_capacity(entries.len());
    let mut labels: HashMap<String, String> = HashMap::new();
    let mut sys_ids: HashMap<String, String> = HashMap::new();
    for Entry { place, name, says } in entries {
        let import = match says {
            Ok(import) => import,
            Err(problem) => {
                report.refuse(&problem);
                continue;
            }
        };
        let repeats = |field: &str, value: &str, earlier: &String| {
            name(Violations::one(field, Problem::Rule(format!("repeats '{value}' of {earlier}"))))
        };
        let label = import.request.label.as_str();
        if let Some(earlier) = labels.get(label) {
            report.refuse(&repeats("code", label, earlier));
            continue;
        }
        if let Some((sys_id, earlier)) = import.sys_id.as_ref().and_then(|sys_id| sys_ids.get_key_value(sys_id)) {
            report.refuse(&repeats("sys_id", sys_id, earlier));
            continue;
        }
        labels.insert(label.to_owned(), place.clone());
        sys_ids.extend(import.sys_id.clone().map(|sys_id| (sys_id, place)));
        valid.push((name, import));
    }
    let imports: Vec<&CodeImport> = valid.iter().map(|(_, import)| import).collect();
    let fates = codes.foresee_import(&imports).await?;
    let mut done = Vec::with_capacity(valid.len());
    let mut writes = Vec::new();
    for ((name, import), fate) in valid.into_iter().zip(fates) {
        match fate {
            Err(taken) => report.refuse(&name(Violations::one("sys_id", taken))),
            Ok(fate) if fate == Fate::Same || report.is_dry() => {
                report.count(fate, import.request.label.as_str())?;
                done.push(import);
            }
            Ok(fate) => writes.push((name, import, fate)),
        }
    }
    let progress = progress_bar(writes.len(), "codes");
    let mut writes = writes.into_iter();
    loop {
        let batch: Vec<_> = writes.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let imports: Vec<&CodeImport> = batch.iter().map(|(_, import, _)| import).collect();
        let outcomes = codes.admit(imports.len())?.import(&imports, operator).await;
        for (outcome, (name, import, fate)) in outcomes.into_iter().zip(batch) {
            match outcome {
                Ok(_) => {
                    report.count(fate, import.request.label.as_str())?;
                    done.push(import);
                }
                Err(wrapup::Error::Invalid(violations)) => progress.suspend(|| report.refuse(&name(violations))),
                Err(error) => return Err(error.into()),
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    Ok(done)
}
