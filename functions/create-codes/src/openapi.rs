use wrapup::codes::CodeRequest;
use wrapup::openapi::{self, Described, Link, Object, Operation, Schemas, Topic, json};

use super::{Body, CreateCodes, MOST_CODES};

impl Described for CreateCodes {
    fn describe(&self, schemas: &mut Schemas) -> Operation {
        let answer = schemas.answer::<Body<'static>>();
        let code = json!({ "code_id": "$response.body#/result/result_map/created_wrap_up_codes/0/sys_id" });
        Operation {
            id: "createCodes",
            topic: Topic::Codes,
            summary: "Create and update wrap-up codes",
            description: "A code whose label exists already is updated and keeps its sys_id. Of entries with one label \
                          the first counts. Entries fail one by one: with some of them stored the answer is 207, with \
                          none of them 400.",
            parameters: Vec::new(),
            body: Some(described()),
            answers: vec![
                (200, "All codes are stored.", answer.clone()),
                (207, "Some codes are stored; the others are in `failed_wrap_up_codes`.", answer),
            ],
            not_found: None,
            links: vec![Link { name: "code", operation: "getCode", parameters: code }],
        }
    }
}

/// What [`read_entries`](super::read_entries) reads.
fn described() -> openapi::Body {
    let codes = Object::new("NewCodes", "Codes to be created or updated.").required_objects(
        "codes",
        CodeRequest::described(),
        MOST_CODES,
        "The codes, each label once.",
    );
    openapi::Body::new([codes]).example(
        "codes",
        "Two codes, one of them in two languages",
        json!({ "codes": [
            {
                "code": "Refund",
                "description": "Money goes back",
                "active": true,
                "translations": [
                    { "language": "de", "code": "Erstattung", "description": "Geld geht zurück" },
                    { "language": "fr", "code": "Remboursement", "description": "L'argent est rendu" }
                ]
            },
            { "code": "General Enquiry" }
        ] }),
    )
}
