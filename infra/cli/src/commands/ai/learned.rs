//! `wrapup ai learned`: what was learned from the codes that agents pick.

use std::io::{self, IsTerminal};

use clap::Args;
use serde::Serialize;
use wrapup::ai::{AI_LEARN, Lessons, Overview, Threshold, Week};
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;

use super::CommandError;
use crate::connect::Target;
use crate::output::{self, Output, csv_of, shown};

/// `wrapup ai learned`
#[derive(Args)]
pub struct Options {
    /// Forget what was learned of the code with this label
    #[arg(long, value_name = "LABEL", conflicts_with = "reset")]
    forget: Option<String>,
    /// Forget all that was learned, and start afresh
    #[arg(long)]
    reset: bool,
    /// Do not ask before everything is forgotten
    #[arg(long, requires = "reset")]
    yes: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    target: Target,
}

impl Options {
    /// The deployment that it is meant for.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// What is printed.
#[derive(Serialize)]
struct Learned {
    codes: Vec<OfCode>,
    weeks: Vec<OfWeek>,
    /// From which confidence on codes are named because of it; none where what is built in holds, or none is named.
    named_from: Option<f64>,
    /// Whether agents pick other codes than those that are suggested, so that none is named.
    silent: bool,
    /// When a segment was learned from last.
    learned_on: Option<DateTime>,
}

#[derive(Serialize)]
struct OfCode {
    code: String,
    /// Segments that it was learned from.
    labels: u32,
}

#[derive(Serialize)]
struct OfWeek {
    /// Its first day.
    week: String,
    /// Picks where the filler had an opinion.
    picks: usize,
    agreed: usize,
    /// Those of them where agents were shown nothing.
    blind: usize,
    blind_agreed: usize,
}

/// Runs the command.
pub async fn run(options: Options) -> Result<(), CommandError> {
    let lessons = Lessons::new(options.target.dynamo().await, Clock::system());
    let stamp = options.target.stamp();
    if let Some(label) = &options.forget {
        return match lessons.forget(label, &stamp).await? {
            true => Ok(output::line(format!("forgot what was learned of {}", shown(label)))?),
            false => Err(CommandError::refused(format!("nothing was learned of a code {}", shown(label)))),
        };
    }
    if options.reset {
        if !options.yes && !agrees()? {
            return Err(CommandError::refused("nothing was forgotten"));
        }
        let codes = lessons.forget_all(&stamp).await?;
        return Ok(output::line(format!("forgot what was learned of {codes} codes; it is learned afresh"))?);
    }
    print(&Learned::of(lessons.overview().await?), options.output)
}

/// Asks whoever sits at the terminal.
fn agrees() -> Result<bool, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::refused("nobody can be asked here: say --yes to forget what nothing brings back"));
    }
    Ok(output::ask("Forget all that was learned? Type yes: ")?.trim() == "yes")
}

fn print(learned: &Learned, format: Output) -> Result<(), CommandError> {
    match format {
        Output::Json => output::json(learned)?,
        Output::Csv => {
            let columns = ["kind", "name", "labels_or_picks", "agreed", "blind", "blind_agreed"];
            let codes = learned.codes.iter().map(|OfCode { code, labels }| {
                let [agreed, blind, blind_agreed] = [const { String::new() }; 3];
                vec!["code".to_owned(), code.clone(), labels.to_string(), agreed, blind, blind_agreed]
            });
            let weeks = learned.weeks.iter().map(|week| [vec!["week".to_owned()], week.cells()].concat());
            output::csv_lines(&csv_of(&columns, codes.chain(weeks)))?;
        }
        Output::Table => {
            let codes = learned.codes.iter().map(|OfCode { code, labels }| vec![code.clone(), labels.to_string()]);
            output::rows(&["code", "labels"], codes.collect())?;
            let weeks = learned.weeks.iter().map(OfWeek::cells).collect();
            output::rows(&["week from", "picks", "agreed", "blind", "of these agreed"], weeks)?;
            output::line(learned.state())?;
        }
    }
    Ok(())
}

impl Learned {
    fn of(overview: Overview) -> Self {
        let Overview { codes, weeks, threshold, learned_on } = overview;
        let named_from = match threshold {
            Threshold::From(confidence) => Some(confidence),
            Threshold::BuiltIn | Threshold::Silent => None,
        };
        let of_week = |(week, counts): (String, Week)| {
            let Week { picks, agreed, blind, blind_agreed } = counts;
            OfWeek { week, picks, agreed, blind, blind_agreed }
        };
        Self {
            codes: codes.into_iter().map(|(code, labels)| OfCode { code, labels }).collect(),
            weeks: weeks.into_iter().map(of_week).collect(),
            named_from,
            silent: threshold == Threshold::Silent,
            learned_on,
        }
    }

    /// What comes of it, in words.
    fn state(&self) -> String {
        let Some(learned_on) = self.learned_on else {
            return format!("Nothing was learned yet: that takes {AI_LEARN}=on of the AI filler.");
        };
        let named = match (self.silent, self.named_from) {
            (true, _) => "Codes are not named: agents pick others.".to_owned(),
            (false, Some(confidence)) => format!("Codes are named from confidence {confidence:.2} on."),
            (false, None) => "Codes are named from the confidence on that is built in.".to_owned(),
        };
        format!(
            "{named} Learned from a wrap-up last on {learned_on}; it goes on where the AI filler has {AI_LEARN}=on."
        )
    }
}

impl OfWeek {
    fn cells(&self) -> Vec<String> {
        let Self { week, picks, agreed, blind, blind_agreed } = self;
        vec![week.clone(), picks.to_string(), agreed.to_string(), blind.to_string(), blind_agreed.to_string()]
    }
}
