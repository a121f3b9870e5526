use clap::Args;
use serde::Serialize;
use wrapup::document::Document;
use wrapup::language::Wish;
use wrapup::segments::{Confirmation, Found, ListEntry, ListRequest, Listed, Origin, Segments};

use crate::commands::{CommandError, moment, spinner, until_now};
use crate::connect::Target;
use crate::output::{Output, Row};

/// Segments that are read at once.
const PAGE: usize = 100;

/// `wrapup segment list`
#[derive(Args)]
pub struct Options {
    /// sys_id of the agent: the segment opened last comes first
    #[arg(long)]
    agent: Option<String>,
    /// sys_id of the interaction: likewise
    #[arg(long)]
    interaction: Option<String>,
    /// open: the soonest deadline first. awaiting_confirmation: the one closed first comes first. overdue: the same, of those
    /// that have waited for more than --minutes
    #[arg(long)]
    state: Option<String>,
    /// Closed at this time or later, beside --agent or --interaction opened: a time such as 2026-01-31T00:00:00Z, a day, or
    /// so long ago, such as 12h or 7d
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    from: Option<String>,
    /// Before this time; of those closed at most 31 days after --from [default: now]
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    to: Option<String>,
    /// Those closed with this code alone
    #[arg(long, value_name = "LABEL")]
    code: Option<String>,
    /// Those alone that their deadline has closed, or that it has not
    #[arg(long, value_name = "BOOL")]
    timed_out: Option<bool>,
    /// Those of external systems alone, or internal ones
    #[arg(long, value_name = "BOOL")]
    external: Option<bool>,
    /// How many minutes a segment has awaited its confirmation that is overdue [default: 60]
    #[arg(long, value_name = "N")]
    minutes: Option<String>,
    /// How many at most [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Show notes, AI notes and drafts, too, in JSON
    #[arg(long)]
    notes: bool,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Options {
    /// As a caller of the API asks for the same.
    fn request(&self) -> Result<ListRequest, CommandError> {
        let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
        // With an agent or an interaction, each bound goes alone.
        let is_range = self.agent.is_none() && self.interaction.is_none() && self.from.is_some();
        let to = self.to.clone().or_else(|| is_range.then(until_now));
        let parameters = [
            ("agent", self.agent.clone()),
            ("interaction", self.interaction.clone()),
            ("state", self.state.clone()),
            ("from", self.from.clone()),
            ("to", to),
            ("code", self.code.clone()),
            ("timed_out", flag(self.timed_out)),
            ("external", flag(self.external)),
            ("minutes", self.minutes.clone()),
            ("include", self.notes.then(|| "notes".to_owned())),
            ("limit", Some(PAGE.to_string())),
        ];
        let given = parameters.into_iter().filter(|(_, value)| value.is_some());
        let query = Document::from_parameters(given.map(|(name, value)| (name.to_owned(), value)));
        query.read(ListRequest::read).map_err(CommandError::refused)
    }
}

/// Prints the list, which is read page by page.
pub async fn run(options: Options, target: &Target) -> Result<(), CommandError> {
    let mut request = options.request()?;
    let system = target.system().await;
    let most = options.limit.unwrap_or(usize::MAX);
    let progress = spinner("{spinner} {pos} segments");
    let found = read(system.segments(), &mut request, most, |read| progress.set_position(read as u64)).await;
    progress.finish_and_clear();
    let found = found?;
    let lines: Vec<Line<'_>> = found.iter().map(|found| Line::of(found, options.notes)).collect();
    Ok(options.output.list(&lines)?)
}

async fn read(
    segments: &Segments,
    request: &mut ListRequest,
    most: usize,
    progress: impl Fn(usize),
) -> Result<Vec<Found>, wrapup::Error> {
    let (mut found, mut position) = (Vec::new(), None);
    while found.len() < most {
        request.paging.limit = PAGE.min(most - found.len());
        let page = segments.list(request, position).await?;
        found.extend(page.segments.into_iter().map(|Listed { found, .. }| found));
        progress(found.len());
        position = page.next;
        if position.is_none() {
            break;
        }
    }
    Ok(found)
}

/// A segment of the list.
#[derive(Serialize)]
#[serde(transparent)]
struct Line<'a> {
    shown: ListEntry<'a>,
    #[serde(skip)]
    found: &'a Found,
}

impl<'a> Line<'a> {
    fn of(found: &'a Found, with_notes: bool) -> Self {
        Self { shown: found.listed(&Wish::Nobody, with_notes), found }
    }
}

impl Row for Line<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "sys_id",
        "external_segment_id",
        "agent",
        "interaction",
        "opened_on",
        "due_on",
        "submitted_on",
        "code",
        "code_from",
        "timed_out",
        "awaiting_confirmation",
    ];

    fn cells(&self) -> Vec<String> {
        let segment = &self.found.segment;
        let closing = segment.closing();
        let text = |text: Option<String>| text.unwrap_or_default();
        vec![
            segment.sys_id.clone(),
            match &segment.origin {
                Origin::External { external_segment_id } => external_segment_id.as_str().to_owned(),
                Origin::Internal => String::new(),
            },
            segment.agent.as_str().to_owned(),
            segment.interaction.as_str().to_owned(),
            segment.opened_on.to_string(),
            text(segment.due_on.map(|due_on| due_on.to_string())),
            text(closing.map(|closing| closing.submitted_on.to_string())),
            text(closing.and_then(|closing| closing.code.as_ref()).map(|code| code.label().as_str().to_owned())),
            text(closing.and_then(|closing| closing.code_from).map(|from| from.name().to_owned())),
            text(closing.map(|closing| closing.timed_out.to_string())),
            text(closing.map(|closing| (closing.confirmation == Confirmation::Awaited).to_string())),
        ]
    }
}
