use clap::Args;
use wrapup::document::{Document, read_all};
use wrapup::reports::ReportRequest;

use super::{CommandError, moment, spinner, until_now};
use crate::connect::Target;
use crate::output::{self, Output};

/// `wrapup report`
#[derive(Args)]
pub struct Options {
    /// Which: codes, handle_time, ai, confirmations or agents
    name: String,
    /// The first moment of submitted_on that counts, at most 92 days before the end: a time such as 2026-01-31T00:00:00Z, a day, or so long ago, such as 12h
    #[arg(long, value_name = "WHEN", value_parser = moment, default_value = "7d")]
    from: String,
    /// The first one after it that does not [default: now]
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    to: Option<String>,
    /// What the rows are apart by: day, hour (of the day, in UTC), code, agent or configuration
    #[arg(long)]
    by: Option<String>,
    /// How many minutes a segment has awaited its confirmation that is overdue [default: 60]
    #[arg(long, value_name = "N")]
    minutes: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Options {
    /// As a caller of the API asks for the same.
    fn request(&self) -> Result<ReportRequest, CommandError> {
        let document = |parameters: &[(&str, Option<&String>)]| {
            let given = parameters.iter().filter_map(|(name, value)| Some((*name, Some((*value)?.clone()))));
            Document::from_parameters(given.map(|(name, value)| (name.to_owned(), value)))
        };
        let to = self.to.clone().unwrap_or_else(until_now);
        let path = document(&[("name", Some(&self.name))]);
        let query = document(&[
            ("from", Some(&self.from)),
            ("to", Some(&to)),
            ("by", self.by.as_ref()),
            ("minutes", self.minutes.as_ref()),
        ]);
        let read = read_all([&path, &query], |[path, query]| ReportRequest::read(path, query));
        read.map_err(CommandError::refused)
    }
}

/// Prints the report, however long counting takes.
pub async fn run(options: Options, target: &Target) -> Result<(), CommandError> {
    let request = options.request()?;
    let system = target.system().await;
    let progress = spinner("{spinner} counting, {elapsed}");
    let report = system.reports().report(&request, None).await;
    progress.finish_and_clear();
    let report = report?;
    match options.output {
        Output::Json => output::json(&report)?,
        Output::Csv => output::csv_lines(&report.to_csv(request.by))?,
        Output::Table => {
            let (columns, lines) = report.table(request.by);
            output::rows(&columns, lines)?;
            output::line(format!("{} to {}, as of {}", report.from, report.to, report.as_of))?;
        }
    }
    Ok(())
}
