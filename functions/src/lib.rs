//! The functions of the Wrap Up API, each a file of `bin/`: the root of its binary, and a module of this library for
//! whoever wants more than one of them, such as `wrapup local`, or builds its own, with its own segment tables. What
//! such a file uses it names by `wrapup::` and `wrapup_functions::`, which mean the same in both places.
//!
//! They are of three kinds: endpoints of the API ([`wrapup::api::Endpoint`]); consumers, which take what becomes of
//! segments ([`Consumer`]); and jobs, which the clock runs ([`Job`]). In front of the endpoints stands the
//! [`authorizer`], and beside them [`oauth_token`] and the [`console`].

extern crate self as wrapup_functions;

pub mod consumer;
mod invocation;
pub mod job;
mod lookup;

pub use consumer::{
    Again, BatchItemFailure, BatchResponse, Consumer, EventRecord, StreamChange, StreamEvent, StreamFunction, Together,
};
pub use job::{Job, JobFailed, JobFunction};
pub use lookup::Lookup;

#[cfg(feature = "ai")]
use std::sync::Arc;

use serde::Serialize;
use wrapup::System;
#[cfg(feature = "ai")]
use wrapup::ai::Provider;
use wrapup::api::{Call, Endpoint};
use wrapup::aws::EventBus;
#[cfg(feature = "openapi")]
use wrapup::openapi::Documented;
use wrapup::redaction::Redactor;
use wrapup::segments::EventForm;

#[path = "bin/authorizer.rs"]
pub mod authorizer;
#[path = "bin/console.rs"]
pub mod console;
#[path = "bin/oauth-token.rs"]
pub mod oauth_token;

/// Bytes that the entries of a page of a list have at most, as [`Call::bytes_of`] counts them; a single entry may have more.
const LARGEST_PAGE: usize = 4_000_000;

/// As many of these records, as a list shows them, as fit into a page; and the last one of them where others do not.
pub fn fitting<'a, T, S: Serialize>(
    call: &Call,
    records: &'a [T],
    show: impl Fn(&'a T) -> S,
) -> (Vec<S>, Option<&'a T>) {
    let mut shown = Vec::with_capacity(records.len());
    let (mut bytes, mut last) = (0, None);
    for record in records {
        let entry = show(record);
        bytes += call.bytes_of(&entry);
        if last.is_some() && bytes > LARGEST_PAGE {
            return (shown, last);
        }
        shown.push(entry);
        last = Some(record);
    }
    (shown, None)
}

/// The name of the function whose file this is.
const fn name(file: &'static str) -> &'static str {
    let (_, name) = file.split_at("bin/".len());
    name.split_at(name.len() - ".rs".len()).0
}

/// Makes modules of the functions, and what is needed of all of them.
macro_rules! functions {
    (
        endpoints { $($endpoint_module:ident::$endpoint:ident in $endpoint_file:literal;)* }
        consumers { $($(#[$needs:meta])* $consumer_module:ident::$consumer:ident in $consumer_file:literal;)* }
        jobs { $($job_module:ident::$job:ident in $job_file:literal;)* }
    ) => {
        $(#[path = $endpoint_file] pub mod $endpoint_module;)*
        $($(#[$needs])* #[path = $consumer_file] pub mod $consumer_module;)*
        $(#[path = $job_file] pub mod $job_module;)*

        /// All endpoints with their functions' names, in the order in which a wrap-up calls them.
        pub fn endpoints(system: &System) -> Vec<(&'static str, Box<dyn Endpoint>)> {
            vec![$((name($endpoint_file), Box::new($endpoint_module::$endpoint::new(system)))),*]
        }

        /// All endpoints as the OpenAPI document describes them, in the same order.
        #[cfg(feature = "openapi")]
        pub fn documented(system: &System) -> Vec<Box<dyn Documented>> {
            vec![$(Box::new($endpoint_module::$endpoint::new(system))),*]
        }

        /// All consumers of the segment table's stream.
        pub fn consumers(parts: &ConsumerParts) -> Vec<Box<dyn Consumer>> {
            let all: &[fn(&ConsumerParts) -> Box<dyn Consumer>] =
                &[$($(#[$needs])* |parts| Box::new($consumer_module::$consumer::of(parts))),*];
            all.iter().map(|make| make(parts)).collect()
        }

        /// All jobs.
        pub fn jobs(system: &System) -> Vec<Box<dyn Job>> {
            vec![$(Box::new($job_module::$job::new(system))),*]
        }
    };
}

/// What consumers are made of.
pub struct ConsumerParts {
    /// The deployment.
    pub system: System,
    /// What suggests codes and notes; none where that is off.
    #[cfg(feature = "ai")]
    pub provider: Option<Arc<dyn Provider>>,
    /// Whether it is learned from what agents pick.
    #[cfg(feature = "ai")]
    pub learns: bool,
    /// What takes secrets out of conversations.
    pub redactor: Redactor,
    /// The bus that events go to, and how they are written; none where they go to none.
    pub bus: Option<(EventBus, EventForm)>,
}

functions! {
    endpoints {
        create_codes::CreateCodes in "bin/create-codes.rs";
        get_code::GetCode in "bin/get-code.rs";
        create_segment::CreateSegment in "bin/create-segment.rs";
        update_segment_ai::UpdateSegmentAi in "bin/update-segment-ai.rs";
        save_draft::SaveDraft in "bin/save-draft.rs";
        update_segment::UpdateSegment in "bin/update-segment.rs";
        get_segment::GetSegment in "bin/get-segment.rs";
        find_segment::FindSegment in "bin/find-segment.rs";
        list_segments::ListSegments in "bin/list-segments.rs";
        list_codes::ListCodes in "bin/list-codes.rs";
        list_configurations::ListConfigurations in "bin/list-configurations.rs";
        get_configuration::GetConfiguration in "bin/get-configuration.rs";
        report::Report in "bin/report.rs";
    }
    consumers {
        #[cfg(feature = "ai")] ai_filler::AiFiller in "bin/ai-filler.rs";
        relay::Relay in "bin/relay.rs";
    }
    jobs {
        close_overdue::CloseOverdue in "bin/close-overdue.rs";
        rotate_keys::RotateKeys in "bin/rotate-keys.rs";
    }
}
