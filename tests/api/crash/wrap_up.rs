//! A wrap-up as its caller knows it: what was asked for, what was answered last, and what was sent and not answered.

use serde_json::{Map, Value};

/// A change, by its request.
#[derive(Clone, Debug)]
pub enum Change {
    Open(Value),
    Draft(Value),
    Update(Value),
    Advise(Value),
}

/// What a change of each kind may change of what is shown, beside what it says.
const BY_DRAFT: &[&str] = &["draft"];
const BY_UPDATE: &[&str] = &[
    "state",
    "draft",
    "code",
    "code_from",
    "notes",
    "submitted_on",
    "confirmed_on",
    "awaiting_confirmation",
    "ai_outcome",
    "sys_updated_by",
    "sys_updated_on",
];
const BY_ADVICE: &[&str] =
    &["ai_wrap_up_code", "ai_notes", "ai_code_defined_at", "ai_notes_defined_at", "sys_updated_by", "sys_updated_on"];

/// A wrap-up.
#[derive(Clone, Debug)]
pub struct WrapUp {
    /// What it was opened with.
    pub request: Value,
    /// What was answered last, or was found after a kill.
    pub shown: Option<Value>,
    /// What was sent, and is not known to have happened.
    pub unanswered: Option<Change>,
    /// The same after the kill: whoever sends it again finds it done, or has it done now.
    pub again: Option<Change>,
    /// Agent and interaction mean this one.
    pub is_latest: bool,
    /// Something was sent about it since it was looked at last.
    pub is_touched: bool,
}

impl WrapUp {
    pub fn new(request: Value) -> Self {
        Self { request, shown: None, unanswered: None, again: None, is_latest: true, is_touched: true }
    }

    /// A text of what was answered last; `""` where there is none.
    pub fn shown(&self, name: &str) -> &str {
        self.shown.as_ref().and_then(|shown| shown[name].as_str()).unwrap_or_default()
    }

    /// The name by which its external system knows it; `""` for an internal one.
    pub fn external_id(&self) -> &str {
        self.request["external_segment_id"].as_str().unwrap_or_default()
    }

    /// Whether nobody touches it after it was opened: its deadline closes it.
    pub fn is_timed(&self) -> bool {
        self.request["configuration"].get("duration").is_some()
    }

    /// Agent and interaction.
    pub fn pair(&self) -> (&Value, &Value) {
        (&self.request["agent_sys_id"], &self.request["interaction_sys_id"])
    }

    /// Whether it may be changed as only open ones may.
    pub fn is_open(&self) -> bool {
        !self.is_timed() && self.shown("state") == "open"
    }

    /// Whether it is closed, and its external system may still say more of it.
    pub fn is_closed_external(&self) -> bool {
        let is_confirmed = self.shown.as_ref().is_some_and(|shown| shown.get("confirmed_on").is_some());
        !self.external_id().is_empty() && !self.is_timed() && self.shown("state") == "closed" && !is_confirmed
    }

    /// What is wrong with what is found of it after a kill, if anything is; from then on it counts as answered.
    pub fn adopt(&mut self, found: Option<Value>) -> Result<(), String> {
        self.is_touched = false;
        let change = self.unanswered.take();
        let wrong = match (&self.shown, &found, &change) {
            (None, None, _) => None,
            (None, Some(found), Some(change)) => (!change.is_in(found)).then_some("was not stored whole"),
            (None, Some(_), None) => Some("nobody has opened it"),
            (Some(_), None, _) => Some("was answered and is gone"),
            (Some(shown), Some(found), _) if shown == found => None,
            (Some(shown), Some(found), _) if self.is_timed() && found["state"] == "closed" => {
                (!timed_out(shown, change.as_ref(), found)).then_some("was closed otherwise than by its deadline")
            }
            (Some(_), Some(_), None) => Some("is not what was answered"),
            (Some(shown), Some(found), Some(change)) => (!change.is_in(found) || !change.leaves_the_rest(shown, found))
                .then_some("is neither with the change nor without"),
        };
        if let Some(wrong) = wrong {
            return Err(format!("{wrong}: answered {:?}, sent {change:?}, found {found:?}", self.shown));
        }
        // A draft is not worth repeating where the deadline may have come.
        self.again = change.filter(|change| !self.is_timed() || matches!(change, Change::Open(_)));
        self.shown = found;
        Ok(())
    }
}

/// Whether a wrap-up was closed by its deadline, with the draft that was answered or the one that was sent.
fn timed_out(shown: &Value, change: Option<&Change>, found: &Value) -> bool {
    let closed_with = |draft: &Value| {
        draft["notes"] == found["notes"]
            && (draft["wrap_up_code"].is_null() || draft["wrap_up_code"] == found["code"]["code"])
    };
    let sent = match change {
        Some(Change::Draft(body)) => closed_with(body),
        _ => false,
    };
    found["timed_out"] == true && found["submitted_on"] == shown["due_on"] && (sent || closed_with(&shown["draft"]))
}

impl Change {
    /// Whether all that it says is in what is shown.
    pub fn is_in(&self, shown: &Value) -> bool {
        match self {
            Self::Open(request) => {
                let allowed = &shown["wrap_up_configuration"]["allowed_codes"];
                let same = |asked: &str, shown: &Value| request.get(asked).is_none_or(|asked| asked == shown);
                same("agent_sys_id", &shown["agent"])
                    && same("interaction_sys_id", &shown["interaction"])
                    && same("external_segment_id", &shown["external_segment_id"])
                    && same("segment_id", &shown["segment_id"])
                    && same("opened_on", &shown["opened_on"])
                    && allowed.as_array().is_some_and(|codes| codes.len() == 2)
                    && shown["sys_created_by"] == "username"
            }
            Self::Draft(body) => {
                body.as_object().into_iter().flatten().all(|(name, text)| shown["draft"][name] == *text)
            }
            Self::Update(body) => {
                let same = |asked: &str, shown: &Value| body.get(asked).is_none_or(|asked| asked == shown);
                shown["state"] == "closed"
                    && same("notes", &shown["notes"])
                    && same("wrap_up_code", &shown["code"]["code"])
                    && same("confirmed_on", &shown["confirmed_on"])
            }
            Self::Advise(body) => ["ai_notes", "ai_wrap_up_code"].iter().all(|name| shown[name] == body[name]),
        }
    }

    fn leaves_the_rest(&self, before: &Value, after: &Value) -> bool {
        let may_change = match self {
            Self::Open(_) => &[][..],
            Self::Draft(_) => BY_DRAFT,
            Self::Update(_) => BY_UPDATE,
            Self::Advise(_) => BY_ADVICE,
        };
        let rest = |shown: &Value| {
            let mut rest: Map<String, Value> = shown.as_object().cloned().unwrap_or_default();
            rest.retain(|name, _| !may_change.contains(&name.as_str()));
            rest
        };
        rest(before) == rest(after)
    }
}
