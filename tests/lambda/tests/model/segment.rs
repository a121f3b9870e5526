//! What a segment is, and what may become of it: the rules once more, in the plainest form, one thing after the other.

use std::fmt;

use serde_json::Value;
use wrapup::date_time::DateTime;
use wrapup::sys_id::{Kind, derive};

use super::timeline::BEGIN;

/// The codes that every configuration allows; the first one is the default.
pub const CODES: [&str; 2] = ["Code 000", "Code 001"];

/// What the AI filler adds.
pub const FILLED: (&str, &str) = ("Code 001", "Filled notes");

/// Milliseconds by the clock of the instance that judges.
pub type Millis = i64;

/// Seconds since the Unix epoch.
pub type Seconds = i64;

/// A segment as an answer shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    pub sys_id: String,
    pub is_open: bool,
    pub code: Option<String>,
    pub code_from: Option<String>,
    pub notes: Option<String>,
    pub draft_code: Option<String>,
    pub draft_notes: Option<String>,
    pub ai_code: Option<String>,
    pub ai_notes: Option<String>,
    pub duration: u64,
    pub third_party_ai: bool,
    pub due: Option<Seconds>,
    pub submitted: Option<Seconds>,
    pub confirmed: Option<Seconds>,
    pub is_awaiting: bool,
    pub timed_out: bool,
    pub created: Option<Seconds>,
    pub updated: Option<Seconds>,
    pub updated_by: String,
}

impl Shown {
    /// Reads the `segment` of an answer.
    pub fn read(segment: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let time = |name: &str| segment[name].as_str().and_then(DateTime::parse).map(seconds);
        let configuration = &segment["wrap_up_configuration"];
        let duration = &configuration["duration"];
        let digits = duration.as_str().map_or_else(|| duration.to_string(), str::to_owned);
        Self {
            sys_id: text(&segment["sys_id"]).expect("a sys_id"),
            is_open: segment["state"] == "open",
            code: text(&segment["code"]["code"]),
            code_from: text(&segment["code_from"]),
            notes: text(&segment["notes"]),
            draft_code: text(&segment["draft"]["wrap_up_code"]),
            draft_notes: text(&segment["draft"]["notes"]),
            ai_code: text(&segment["ai_wrap_up_code"]),
            ai_notes: text(&segment["ai_notes"]),
            duration: digits.parse().unwrap_or(0),
            third_party_ai: configuration["use_third_party_ai"] == true,
            due: time("due_on"),
            submitted: time("submitted_on"),
            confirmed: time("confirmed_on"),
            is_awaiting: segment["awaiting_confirmation"] == true,
            timed_out: segment["timed_out"] == true,
            created: time("sys_created_on"),
            updated: time("sys_updated_on"),
            updated_by: text(&segment["sys_updated_by"]).unwrap_or_default(),
        }
    }
}

impl fmt::Display for Shown {
    /// What is there, times in seconds since the world began.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: Option<Seconds>| time.map(|time| (time - i64::try_from(BEGIN).unwrap_or(0)).to_string());
        let flag = |is_set: bool| is_set.then(String::new);
        let sys_id = self.sys_id.get(..4).unwrap_or_default();
        write!(f, "{sys_id} {}", if self.is_open { "open" } else { "closed" })?;
        let parts = [
            ("code", self.code.clone()),
            ("from", self.code_from.clone()),
            ("notes", self.notes.clone()),
            ("draft code", self.draft_code.clone()),
            ("draft notes", self.draft_notes.clone()),
            ("AI code", self.ai_code.clone()),
            ("AI notes", self.ai_notes.clone()),
            ("takes AI", flag(self.third_party_ai)),
            ("duration", Some(self.duration.to_string())),
            ("due", time(self.due)),
            ("submitted", time(self.submitted)),
            ("confirmed", time(self.confirmed)),
            ("awaiting", flag(self.is_awaiting)),
            ("timed out", flag(self.timed_out)),
            ("created", time(self.created)),
            ("updated", time(self.updated)),
            ("by", Some(self.updated_by.clone())),
        ];
        parts.into_iter().try_for_each(|(name, part)| match part {
            Some(part) => write!(f, ", {name} {part}"),
            None => Ok(()),
        })
    }
}

fn seconds(time: DateTime) -> Seconds {
    i64::try_from(time.since_epoch().as_secs()).expect("a time of this age")
}

/// What of a configuration matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rules {
    pub duration: u64,
    pub third_party_ai: bool,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    /// As it is stored.
    pub is: Shown,
    pub opened: Seconds,
    is_external: bool,
    wants_ai: bool,
    /// Whether somebody has been shown that its deadline has closed it, which may not be stored yet.
    pub was_shown_closed: bool,
}

/// What an update asks for.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub code: Option<&'static str>,
    pub notes: Option<String>,
    pub confirmed: Option<Seconds>,
    pub rules: Option<Rules>,
}

/// That the rules refuse it.
#[derive(Debug)]
pub struct Refused;

impl Segment {
    /// Whether whoever writes may take it for open, if it judges at `from` at the earliest.
    pub fn may_be_open(&self, from: Millis) -> bool {
        self.is.is_open && self.is.due.is_none_or(|due| from < due * 1_000 + 2_000)
    }

    /// Whether whoever writes may find that its deadline has closed it, if it judges at `to` at the latest.
    pub fn may_be_overdue(&self, to: Millis) -> bool {
        self.is.is_open && self.is.due.is_some_and(|due| to >= due * 1_000 + 2_000)
    }

    /// Whether whoever reads it from then on may be shown it open.
    pub fn may_be_shown_open(&self, from: Millis) -> bool {
        self.is.is_open && self.is.due.is_none_or(|due| from < due * 1_000 + 5_000)
    }

    /// Whether whoever has read it by then may be shown that its deadline has closed it.
    pub fn may_be_shown_ended(&self, to: Millis) -> bool {
        self.is.is_open && self.is.due.is_some_and(|due| to >= due * 1_000 + 5_000)
    }

    /// As its deadline closes it.
    pub fn ended(&self) -> Self {
        let due = self.is.due.expect("a deadline");
        let mut ended = self.closed(due, None, None);
        ended.is.timed_out = true;
        ended.is.is_awaiting = self.is_external;
        ended.is.updated = Some(due);
        "system".clone_into(&mut ended.is.updated_by);
        ended
    }

    fn closed(&self, at: Seconds, code: Option<&str>, notes: Option<&str>) -> Self {
        let mut closed = self.clone();
        let allowed = |label: &Option<String>| label.clone().filter(|label| CODES.contains(&label.as_str()));
        let (code, from) = match (code, allowed(&self.is.draft_code), allowed(&self.is.ai_code)) {
            (Some(code), _, _) => (code.to_owned(), "agent"),
            (None, Some(code), _) => (code, "draft"),
            (None, None, Some(code)) => (code, "ai"),
            (None, None, None) => (CODES[0].to_owned(), "default"),
        };
        closed.is.is_open = false;
        closed.is.code = Some(code);
        closed.is.code_from = Some(from.to_owned());
        closed.is.notes = match notes {
            Some(notes) => Some(notes.to_owned()).filter(|notes| !notes.is_empty()),
            None => self.is.draft_notes.clone(),
        };
        closed.is.submitted = Some(at);
        closed.is.draft_code = None;
        closed.is.draft_notes = None;
        closed.wants_ai = false;
        closed.was_shown_closed = false;
        closed
    }

    /// With what an agent has typed.
    pub fn drafted(&self, code: Option<&str>, notes: Option<&str>) -> Result<Self, Refused> {
        if !self.is.is_open {
            return Err(Refused);
        }
        let mut drafted = self.clone();
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if let Some(code) = code {
            drafted.is.draft_code = given(code);
        }
        if let Some(notes) = notes {
            drafted.is.draft_notes = given(notes);
        }
        Ok(drafted)
    }

    /// With AI content, where it takes any.
    pub fn advised(&self, code: Option<&str>, notes: Option<&str>, by: &str, at: Seconds) -> Result<Self, Refused> {
        if !self.is.third_party_ai || !self.is.is_open {
            return Err(Refused);
        }
        let mut advised = self.touched(by, at);
        advised.is.ai_code = code.map(str::to_owned).or(advised.is.ai_code);
        advised.is.ai_notes = notes.map(str::to_owned).or(advised.is.ai_notes);
        Ok(advised)
    }

    /// With what the AI filler adds; none where nothing is wanted of it.
    pub fn filled(&self, at: Seconds) -> Option<Self> {
        if !self.wants_ai || !self.is.is_open {
            return None;
        }
        let mut filled = self.touched("system", at);
        filled.is.ai_code.get_or_insert(FILLED.0.to_owned());
        filled.is.ai_notes.get_or_insert(FILLED.1.to_owned());
        filled.wants_ai = false;
        Some(filled)
    }

    /// As an update at this time leaves it.
    pub fn updated(&self, update: &Update, by: &str, at: Seconds) -> Result<Self, Refused> {
        let mut next = self.clone();
        let given = |rules: Rules| (rules.duration, rules.third_party_ai);
        let is_last = |rules: Rules| given(rules) == (self.is.duration, self.is.third_party_ai);
        if let Some(rules) = update.rules {
            if !self.is_external || (!self.is.is_open && !is_last(rules)) {
                return Err(Refused);
            }
            if self.is.is_open && !is_last(rules) {
                next = next.touched(by, at);
                (next.is.duration, next.is.third_party_ai) = given(rules);
                next.is.due = Some(self.opened.max(at) + i64::try_from(rules.duration).expect("a short time"));
                next.wants_ai = next.lacks();
            }
            if self.is.is_open && update.code.is_none() && update.notes.is_none() && update.confirmed.is_none() {
                return Ok(next);
            }
        }
        if next.is.is_open {
            if update.code.is_some_and(|code| !CODES.contains(&code)) {
                return Err(Refused);
            }
            next = next.closed(at, update.code, update.notes.as_deref()).touched(by, at);
            next.is.confirmed = update.confirmed;
            next.is.is_awaiting = self.is_external && update.confirmed.is_none();
            return Ok(next);
        }
        let late = self.is.timed_out && !self.is_external && self.is.confirmed.is_none();
        let takes = self.is.is_awaiting || (late && at - self.is.due.unwrap_or(0) < 60);
        if let Some(code) = update.code.filter(|code| Some(*code) != self.is.code.as_deref()) {
            if !CODES.contains(&code) {
                return Err(Refused);
            }
            next.is.code = Some(code.to_owned());
            next.is.code_from = Some("agent".to_owned());
        }
        if let Some(notes) = &update.notes {
            next.is.notes = Some(notes.clone()).filter(|notes| !notes.is_empty());
        }
        if let Some(confirmed) = update.confirmed {
            next.is.confirmed = Some(confirmed);
            next.is.is_awaiting = false;
        }
        match next == *self {
            true => Ok(next),
            false if takes => Ok(next.touched(by, at)),
            false => Err(Refused),
        }
    }

    fn touched(&self, by: &str, at: Seconds) -> Self {
        let mut touched = self.clone();
        touched.is.updated = Some(at);
        by.clone_into(&mut touched.is.updated_by);
        touched
    }

    /// Whether the filler has something to add.
    fn lacks(&self) -> bool {
        !self.is.third_party_ai && (self.is.ai_code.is_none() || self.is.ai_notes.is_none())
    }
}

/// What a create asks for, each time.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which one of its world.
    pub number: usize,
    /// When it is first asked for, in milliseconds since the world began.
    pub begins: u64,
    pub agent: String,
    /// None where its segments are a workspace's own.
    pub external_segment_id: Option<String>,
    /// When its segment began; none where that is the time of the call.
    pub opened: Option<Seconds>,
    pub rules: Rules,
}

impl Place {
    /// The sys_id of the segment that follows this one.
    pub fn next_id(&self, previous: Option<&str>) -> String {
        match &self.external_segment_id {
            Some(id) => derive(Kind::ExternalSegment, &[id]),
            None => derive(Kind::InternalSegment, &[&self.agent, "interaction", "", previous.unwrap_or("")]),
        }
    }

    /// A new segment in this place.
    pub fn open(&self, previous: Option<&Segment>, by: &str, at: Seconds) -> Segment {
        let opened = self.opened.unwrap_or(at);
        let due = (opened + i64::try_from(self.rules.duration).expect("a short time")).max(at + 5);
        Segment {
            is: Shown {
                sys_id: self.next_id(previous.map(|previous| previous.is.sys_id.as_str())),
                is_open: true,
                code: None,
                code_from: None,
                notes: None,
                draft_code: None,
                draft_notes: None,
                ai_code: None,
                ai_notes: None,
                duration: self.rules.duration,
                third_party_ai: self.rules.third_party_ai,
                due: Some(due),
                submitted: None,
                confirmed: None,
                is_awaiting: false,
                timed_out: false,
                created: Some(at),
                updated: Some(at),
                updated_by: by.to_owned(),
            },
            opened,
            is_external: self.external_segment_id.is_some(),
            wants_ai: !self.rules.third_party_ai,
            was_shown_closed: false,
        }
    }
}
