use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use wrapup::ai::{Conversation, Said};
use wrapup::codes::{Code, CodeRequest, Label, UnusableCode};
use wrapup::document::{Document, Fields, ObjectOrText, ParseError, Problem, Violations};
use wrapup::language::Language;
use wrapup::near::Near;
use wrapup::redaction::Redactor;

/// A conversation, without its secrets, and the code that it was filed under.
pub struct Row {
    /// Where it stands in the file, counted from 1.
    pub line: usize,
    /// What was said, secrets and all.
    pub said: Said,
    /// The same as a provider sees it.
    pub conversation: Conversation,
    pub choices: Choices,
    /// The right one.
    pub code: Label,
    /// What notes should keep.
    pub facts: Vec<Fact>,
}

/// Something that a colleague has to know: who promised what by when.
pub struct Fact {
    /// How the conversation says it, all of which notes have to have.
    pub pieces: Vec<Label>,
}

/// What there is to choose from.
#[derive(Clone)]
pub struct Choices {
    pub codes: Arc<[Arc<Code>]>,
    /// What an agent gets who chooses none.
    pub default_code: Option<Label>,
}

/// A line of the file that is no row.
pub struct WrongRow {
    line: usize,
    problem: RowError,
}

#[derive(Debug, thiserror::Error)]
enum RowError {
    #[error(transparent)]
    Json(#[from] ParseError),
    #[error(transparent)]
    Fields(#[from] Violations),
}

impl fmt::Display for WrongRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            // The parser sees one line alone and counts it as the first.
            RowError::Json(ParseError::Malformed { problem, column, .. }) => {
                write!(f, "line {}, column {column}: {problem}", self.line)
            }
            RowError::Json(ParseError::NotAnObject { found, .. }) => {
                write!(f, "line {}: a row has to be an object, and is {found}", self.line)
            }
            RowError::Fields(violations) => write!(f, "line {}: {violations}", self.line),
        }
    }
}

/// What holds for the rows that follow until one says otherwise.
enum Standing {
    /// No row has said so far.
    None,
    /// The row that said so was wrong: what it meant is not known.
    Unknown,
    /// The row's choices.
    Known(Choices),
}

const FIELDS: &str =
    "transcript, short_description, language, channel, allowed_codes, default_code, code, facts, secrets";

/// Reads JSON lines. Blank ones are skipped. Rows whose codes a wrong row would have named are neither
/// read nor wrong.
pub fn read(file: &[u8], redactor: Redactor) -> (Vec<Row>, Vec<WrongRow>) {
    let mut standing = Standing::None;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let lines = file.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    for (text, line) in lines {
        match read_line(text, line, redactor, &mut standing) {
            Ok(row) => rows.extend(row),
            Err(problem) => wrong.push(WrongRow { line, problem }),
        }
    }
    (rows, wrong)
}

fn read_line(text: &[u8], line: usize, redactor: Redactor, standing: &mut Standing) -> Result<Option<Row>, RowError> {
    let document = Document::from_json(text).inspect_err(|_| {
        if let Standing::None = standing {
            *standing = Standing::Unknown;
        }
    })?;
    Ok(document.read(|fields| read_row(fields, line, redactor, standing))?)
}

fn read_row(fields: &Fields<'_>, line: usize, redactor: Redactor, standing: &mut Standing) -> Option<Option<Row>> {
    // A misspelt field would be left out unseen.
    for name in fields.names().filter(|name| !FIELDS.split(", ").any(|known| known == *name)) {
        fields.violation(name, Problem::NotOneOf { one_of: FIELDS });
    }
    if fields.is_given("allowed_codes") {
        *standing = read_choices(fields).map_or(Standing::Unknown, Standing::Known);
    } else if fields.is_given("default_code") {
        fields.violation("default_code", Problem::OnlyWith { with: "with allowed_codes" });
    }
    if !fields.has("transcript") && !fields.has("short_description") {
        fields.violation("transcript", Problem::RequiredWhen { when: "where there is no short_description" });
    }
    let text = |name: &str| fields.text_up_to(name, usize::MAX).filter(|text| !text.trim().is_empty());
    let said = Said {
        short_description: text("short_description"),
        transcript: text("transcript"),
        language: fields.optional::<Language>("language"),
    };
    let code = fields.required::<Label>("code");
    let facts = fields.objects("facts").unwrap_or_default();
    let facts = facts.iter().filter_map(read_fact).collect();
    match standing {
        Standing::None => {
            fields.violation("allowed_codes", Problem::RequiredWhen { when: "on the first row" });
            None
        }
        Standing::Unknown => Some(None),
        Standing::Known(choices) => {
            let code = allowed(fields, "code", code?, &choices.codes)?;
            let conversation = Conversation::redacted(said.clone(), redactor);
            Some(Some(Row { line, said, conversation, choices: choices.clone(), code, facts }))
        }
    }
}

fn read_fact(fields: &Fields<'_>) -> Option<Fact> {
    let entries = fields.objects_or_texts::<Label>("pieces").unwrap_or_default();
    let text = |entry| match entry {
        ObjectOrText::Text(_, text) => Some(text),
        ObjectOrText::Object(_) => None,
    };
    let pieces: Vec<_> = entries.into_iter().filter_map(text).collect();
    if pieces.is_empty() {
        fields.violation("pieces", Problem::Required);
        return None;
    }
    Some(Fact { pieces })
}

fn read_choices(fields: &Fields<'_>) -> Option<Choices> {
    let noted = fields.noted();
    if !fields.has("allowed_codes") {
        fields.violation("allowed_codes", Problem::Required);
    }
    let mut labels = HashSet::new();
    let mut codes = Vec::new();
    for entry in fields.objects("allowed_codes").unwrap_or_default() {
        let Some(request) = CodeRequest::read(&entry) else { continue };
        if !labels.insert(request.label.clone()) {
            entry.violation("code", Problem::Repeats { value: request.label.as_str().to_owned() });
        }
        let mut code = Code::new_external(request.label);
        code.description = request.description.unwrap_or_default();
        code.lay_over(&request.translations);
        codes.push(Arc::new(code));
    }
    let default_code = fields.optional::<Label>("default_code");
    if fields.noted() > noted {
        return None;
    }
    let default_code = match default_code {
        Some(label) => Some(allowed(fields, "default_code", label, &codes)?),
        None => None,
    };
    Some(Choices { codes: codes.into(), default_code })
}

/// The label, if it is one of the codes'.
fn allowed(fields: &Fields<'_>, name: &str, label: Label, codes: &[Arc<Code>]) -> Option<Label> {
    if codes.iter().any(|code| code.code == label) {
        return Some(label);
    }
    let near = Near::of(label.as_str(), codes.iter().map(|code| code.code.as_str()));
    fields.violation(name, UnusableCode::NotAllowed { label: label.as_str().to_owned(), near });
    None
}
