//! `wrapup conformance`: the contract, asked of any Wrap Up API.
//!
//! `checks/` is a list of what has to be so, a file a topic; the rest sends it and compares.

mod check;
mod checks;
mod client;
mod compare;
mod run;
mod xml;

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use self::check::{Check, Source, Way};
use self::client::{Client, basic, bearer};
use self::compare::Names;
use self::run::{Outcome, is_wrapup, run as make, status_for_user};
use super::{CommandError, STDIN, progress_bar};
use crate::output::{self, Output, Row};

/// `wrapup conformance`
#[derive(Args)]
pub struct Options {
    /// The API: https://host, with what stands in front of /api/now
    #[arg(long, value_parser = url)]
    url: Uri,
    /// The user to sign in as; the password comes from --password-file, a prompt or standard input [default: the demo
    /// user of `wrapup local`]
    #[arg(long)]
    user: Option<String>,
    /// A file with the user's password; "-" is standard input
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// A file with an OAuth access token, in place of a user
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    token_file: Option<PathBuf>,
    /// An agent that there is, for an API that looks for it [default: names of this run's own]
    #[arg(long, value_name = "SYS_ID")]
    agent: Option<String>,
    /// An interaction that there is, for an API that looks for it [default: names of this run's own]
    #[arg(long, value_name = "SYS_ID")]
    interaction: Option<String>,
    /// A wrap-up configuration that there is, active and with codes, for what is about internal wrap-ups
    #[arg(long, value_name = "SYS_ID")]
    configuration: Option<String>,
    /// The id of an OAuth client, for what is about tokens
    #[arg(long, value_name = "ID", requires = "client_secret_file")]
    client: Option<String>,
    /// A file with the client's secret
    #[arg(long, value_name = "FILE", requires = "client")]
    client_secret_file: Option<PathBuf>,
    /// An interaction segment table that the API serves
    #[arg(long, value_name = "NAME", default_value = "sn_openframe_phone_log")]
    segment_table: String,
    /// What to check [default: all of it where a `wrapup` answers, else the reference]
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// How to print what came out
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Whose word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    /// What the API reference says
    Reference,
    /// That, and what wrapup says where the reference is silent
    All,
}

fn url(text: &str) -> Result<Uri, &'static str> {
    let problem = "has to be https://host or http://host, with what stands in front of /api/now, if anything does";
    let url: Uri = text.parse().map_err(|_| problem)?;
    match url.scheme_str() {
        Some("https" | "http") if url.host().is_some() && url.query().is_none() => Ok(url),
        _ => Err(problem),
    }
}

/// What came out of a check in one format.
#[derive(Serialize)]
struct CheckRow {
    check: String,
    source: &'static str,
    format: &'static str,
    outcome: &'static str,
    expected: String,
    seen: String,
    /// What its data begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

impl Row for CheckRow {
    const COLUMNS: &'static [&'static str] = &["check", "source", "format", "outcome", "expected", "seen"];

    fn cells(&self) -> Vec<String> {
        let fixed = [self.source, self.format, self.outcome].map(str::to_owned);
        let mut cells = vec![self.check.clone()];
        cells.extend(fixed);
        cells.extend([self.expected.clone(), self.seen.clone()]);
        cells
    }
}

const SAME: &str = "same";
const DIFFERENT: &str = "DIFFERENT";
const NOT_THERE: &str = "not there";
const NOT_ASKED: &str = "not asked";

/// Runs the command.
pub async fn run(options: Options) -> Result<(), CommandError> {
    let client = Client::new(&options.url, credentials(&options)?)?;
    let unreachable = |problem: String| CommandError::refused(format!("{}: {problem}", options.url));
    let only = match options.only {
        Some(only) => only,
        None if is_wrapup(&client).await.map_err(unreachable)? => Only::All,
        None => Only::Reference,
    };
    let status = status_for_user(&client).await.map_err(unreachable)?;
    if matches!(status, 401 | 403) {
        let help = "name a user with the role that the API needs by --user, or a token by --token-file";
        return Err(CommandError::refused(format!("{} answers with status {status}: {help}", options.url)));
    }

    let secret = options.client_secret_file.as_deref().map(secret_in).transpose()?;
    let run_id = format!("wrapup-conformance-{}", &Uuid::new_v4().simple().to_string()[..8]);
    let checks = checks::all();
    let total = checks.iter().map(|check| check.ways.len()).sum();
    let progress = progress_bar(total, "checks");
    let mut rows = Vec::with_capacity(total);
    for check in &checks {
        for way in check.ways.iter().copied() {
            let id = format!("{run_id}-{}", rows.len() + 1);
            rows.push(row(&client, check, way, only, names(&options, secret.as_deref(), &run_id, &id), id).await);
            progress.inc(1);
        }
    }
    progress.finish_and_clear();

    options.output.list(&rows)?;
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let different = count(DIFFERENT);
    let (same, absent, not_asked) = (count(SAME), count(NOT_THERE), count(NOT_ASKED));
    let summary = format!("{same} same, {different} different, {absent} not there, {not_asked} not asked");
    if let Output::Table = options.output {
        output::line(format!("{summary}. What was stored for it begins with {run_id}."))?;
    }
    match different {
        0 => Ok(()),
        _ => Err(CommandError::refused(format!("{} does not keep the contract: {summary}", options.url))),
    }
}

async fn row(client: &Client, check: &Check, way: Way, only: Only, names: Names, id: String) -> CheckRow {
    let mut row = CheckRow {
        check: check.says.clone(),
        source: match check.source {
            Source::Reference => "reference",
            Source::Addition => "addition",
        },
        format: match way {
            Way::Json => "JSON",
            Way::Xml => "XML",
        },
        outcome: NOT_ASKED,
        expected: String::new(),
        seen: String::new(),
        data: None,
    };
    if let Some(option) = check.needs.filter(|option| !names.contains_key(option)) {
        row.seen = format!("needs --{option}");
        return row;
    }
    if check.source == Source::Addition && only == Only::Reference {
        row.seen = "the reference alone is checked; --only all checks this too".to_owned();
        return row;
    }
    row.data = Some(id);
    let outcome = make(client, check, way, names).await;
    (row.outcome, row.expected, row.seen) = match outcome {
        Outcome::Same(statuses) => {
            let statuses = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            (SAME, statuses.clone(), statuses)
        }
        Outcome::Different { expected, seen } => (DIFFERENT, expected, seen),
        Outcome::NotThere(status) => (NOT_THERE, "an addition".to_owned(), format!("status {status}")),
    };
    row
}

/// The names that stand for a check's data.
fn names(options: &Options, client_secret: Option<&String>, run_id: &str, id: &str) -> Names {
    let own = |given: &Option<String>, what: &str| given.clone().unwrap_or_else(|| format!("{id}-{what}"));
    let mut names = Names::from([
        ("run", run_id.to_owned()),
        ("id", id.to_owned()),
        ("agent", own(&options.agent, "agent")),
        ("interaction", own(&options.interaction, "interaction")),
        ("segment_table", options.segment_table.clone()),
    ]);
    if let Some(configuration) = &options.configuration {
        names.insert("configuration", configuration.clone());
    }
    if let (Some(client), Some(secret)) = (&options.client, client_secret) {
        let in_a_form = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        names.extend([("client", in_a_form(client)), ("client_secret", in_a_form(secret))]);
    }
    names
}

/// What the API is shown. A secret is never an argument: those show in the machine's list of processes and in the
/// shell's history.
fn credentials(options: &Options) -> Result<HeaderValue, CommandError> {
    let value = match (&options.user, &options.token_file) {
        (_, Some(file)) => bearer(&secret_in(file)?),
        (None, None) => basic("username", "password"),
        (Some(user), None) => match &options.password_file {
            Some(file) => basic(user, &secret_in(file)?),
            None if io::stdin().is_terminal() => {
                basic(user, &Zeroizing::new(rpassword::prompt_password("Password: ")?))
            }
            None => basic(user, &secret_in(Path::new(STDIN))?),
        },
    };
    value.ok_or_else(|| {
        CommandError::refused("the user, the password or the token has characters that no header may have")
    })
}

/// The first line of a file.
fn secret_in(file: &Path) -> Result<Zeroizing<String>, CommandError> {
    let mut line = Zeroizing::new(String::new());
    if file == Path::new(STDIN) {
        io::stdin().lock().read_line(&mut line)?;
    } else {
        let opened = std::fs::File::open(file).map_err(|error| CommandError::file(file, error))?;
        io::BufReader::new(opened).read_line(&mut line).map_err(|error| CommandError::file(file, error))?;
    }
    let secret = line.trim_end_matches(['\r', '\n']);
    match secret.is_empty() {
        true => Err(CommandError::file(file, "the first line is empty; it has to be the password or the token")),
        false => Ok(Zeroizing::new(secret.to_owned())),
    }
}
