use wrapup::codes::Label;
use wrapup::document::{FromText, Id};
use wrapup::openapi::{Described, Object, Operation, Parameter, Schemas, Topic};

use super::{Body, GetCode};

impl Described for GetCode {
    fn describe(&self, schemas: &mut Schemas) -> Operation {
        let path = Object::new("CodeId", "Which code.").required::<Id>("code_id", "sys_id of the wrap-up code.");
        let example = Label::from_text("Refund").map(|label| label.sys_id()).unwrap_or_default();
        Operation {
            id: "getCode",
            topic: Topic::Codes,
            summary: "Get a wrap-up code",
            description: "One wrap-up code by its sys_id.",
            parameters: Parameter::with_example(Parameter::of_path(path), "code_id", example),
            body: None,
            answers: vec![(200, "The code.", schemas.answer::<Body<'static>>())],
            not_found: Some("No code has this sys_id."),
            links: Vec::new(),
        }
    }
}
