//! Lists of codes, by label.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::store::shelf_of;
use super::{Code, Codes, Label};
use crate::Error;
use crate::cursors::Paging;
use crate::document::Fields;
use crate::dynamodb::tables::BY_LABEL;
use crate::dynamodb::{Budget, Merged, Next, Order, Rows, batch_get};
#[cfg(feature = "openapi")]
use crate::json_schema::Object;

/// Codes that a page has where nobody says how many, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;

/// Characters of a text that is looked for.
const LONGEST_TEXT: usize = 255;

/// A list of codes that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeListRequest {
    /// Which codes, which is what its cursors are good for.
    pub question: CodeQuestion,
    /// How many of them, from where on.
    pub paging: Paging,
}

/// Which codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeQuestion {
    active: Option<bool>,
    external: Option<bool>,
    /// In lower case.
    q: Option<String>,
}

/// A page of a list of codes.
#[derive(Debug)]
pub struct CodePage {
    /// As many as were wanted, or fewer.
    pub codes: Vec<Arc<Code>>,
    /// The label behind which the list goes on; none where it has ended.
    pub next: Option<Label>,
}

impl CodeListRequest {
    /// Reads the query of a list.
    pub fn read(query: &Fields<'_>) -> Option<Self> {
        let (active, external) = (query.flag("active"), query.flag("external"));
        let question = CodeQuestion::new(active, external, query.text_up_to("q", LONGEST_TEXT).as_deref());
        Some(Self { question, paging: Paging::read(query, USUAL, MOST)? })
    }
}

impl CodeQuestion {
    /// Those that are active or not, came through the API or not, and have a text in one of theirs; each where it is given.
    pub fn new(active: Option<bool>, external: Option<bool>, q: Option<&str>) -> Self {
        let q = q.map(|q| q.trim().to_lowercase()).filter(|q| !q.is_empty());
        Self { active, external, q }
    }

    /// Whether this code is one of them.
    pub fn asks_for(&self, code: &Code) -> bool {
        let texts = [code.code.as_str(), &code.description].into_iter();
        let translated = code.translations.iter().flat_map(|translation| [&translation.code, &translation.description]);
        let mut texts = texts.chain(translated.flatten().map(String::as_str));
        self.active.is_none_or(|active| code.active == active)
            && self.external.is_none_or(|external| code.external == external)
            && self.q.as_ref().is_none_or(|q| texts.any(|text| text.to_lowercase().contains(q)))
    }
}

impl Codes {
    /// The page of a list behind a label; the first one where that is none. Sixteen queries and a few more, at most 64 and
    /// 1,000 rows, and one consistent read for 100 codes: so a page may have fewer codes than are wanted, or none, and the
    /// list goes on all the same.
    pub async fn page(&self, request: &CodeListRequest, after: Option<Label>) -> Result<CodePage, Error> {
        let limit = request.paging.limit;
        let shelves = "0123456789abcdef".chars().map(|digit| Rows {
            table: self.table.clone(),
            index: &BY_LABEL,
            partition: shelf_of(digit),
            from: after.as_ref().map(|label| label.as_str().to_owned()),
            to: None,
            order: Order::Ascending,
            after: None,
            page: i32::try_from((limit / 8 + 4).min(MOST / 16)).unwrap_or(16),
        });
        let mut merged = Merged::new(self.dynamo.clone(), Order::Ascending, shelves);
        let mut budget = Budget::OF_A_CALL;
        let mut page = CodePage { codes: Vec::new(), next: after.clone() };
        loop {
            let mut labels: Vec<Label> = Vec::new();
            let mut ended = None;
            while page.codes.len() + labels.len() < limit && ended.is_none() {
                match merged.next(&mut budget).await? {
                    Next::Row(row) => {
                        labels.extend(Label::stored(row.place).filter(|label| Some(label) != after.as_ref()))
                    }
                    Next::End => ended = Some(true),
                    Next::OverBudget => ended = Some(false),
                }
            }
            let keys = labels.iter().map(|label| self.key_of(label)).collect();
            let stored: HashMap<Label, Arc<Code>> = self.take(&mut batch_get(&self.dynamo, keys).await?)?;
            let codes = labels.iter().filter_map(|label| stored.get(label).cloned());
            page.codes.extend(codes.filter(|code| request.question.asks_for(code)));
            page.next = labels.pop().or(page.next);
            match ended {
                Some(true) => return Ok(CodePage { next: None, ..page }),
                Some(false) => return Ok(page),
                None if page.codes.len() >= limit => return Ok(page),
                None => {}
            }
        }
    }
}

#[cfg(feature = "openapi")]
impl CodeListRequest {
    /// What [`CodeListRequest::read`] reads.
    pub fn described() -> Object {
        let object = Object::new("CodeList", "Which codes are listed.")
            .optional_flag("active", "Active ones alone, or inactive ones.")
            .optional_flag("external", "Those that came through the API alone, or others.")
            .text_up_to("q", LONGEST_TEXT, "In label, description or translations; capitals or not.");
        Paging::describe(object, USUAL, MOST)
    }
}
