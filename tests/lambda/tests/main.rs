//! The functions, on the events by which AWS calls them: one module a topic.

mod ai_filler;
mod ai_providers;
mod authorizer;
mod bodies;
mod busy;
mod counts;
mod events;
mod faults;
mod gateway;
mod large_answers;
mod openapi;
mod pages;
mod races;
mod records;
mod redaction;
mod reports;
mod segment_tables;
mod system;
mod watch_routes;
