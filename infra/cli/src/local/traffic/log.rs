//! A line of each exchange, on standard output. It says paths, with the ids in them, and why a request was refused; no
//! query, no body and nothing that a message quotes, unless bodies are asked for: those are people's words.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::Options;
use super::exchange::Exchange;
use crate::output::{self, Paint};

/// Lines that wait for a terminal that takes none; further ones are left out.
const MOST_WAITING: usize = 1_024;

/// Characters of a reason.
const LONGEST_REASON: usize = 300;

/// How each request is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// A line for people.
    Lines,
    /// A JSON object a line, for programs.
    Json,
    /// Not at all.
    Off,
}

enum Line {
    Painted(Vec<(String, Paint)>),
    Json(Value),
}

/// The log of a terminal, written by a thread of its own: no request waits for it.
pub struct Log {
    form: LogForm,
    bodies: bool,
    lines: SyncSender<Line>,
}

impl Log {
    /// Starts the log that the options ask for.
    pub fn start(options: &Options) -> Option<Self> {
        let unset = if io::stdout().is_terminal() { LogForm::Lines } else { LogForm::Off };
        let form = options.log.unwrap_or(unset);
        if form == LogForm::Off {
            return None;
        }
        let (lines, waiting) = sync_channel(MOST_WAITING);
        thread::spawn(move || write(&waiting));
        Some(Self { form, bodies: options.log_bodies, lines })
    }

    /// Tells of an exchange.
    pub fn tell(&self, exchange: &Exchange) {
        let line = match self.form {
            LogForm::Off => return,
            LogForm::Json => Line::Json(as_json(exchange, self.bodies)),
            LogForm::Lines => Line::Painted(as_line(exchange, self.bodies)),
        };
        // Whoever holds the terminal up does without the lines meanwhile.
        let _ = self.lines.try_send(line);
    }
}

fn write(lines: &Receiver<Line>) {
    for line in lines {
        let written = match line {
            Line::Painted(parts) => output::painted_line(&parts),
            Line::Json(value) => output::json_line(&value),
        };
        if written.is_err() {
            return;
        }
    }
}

fn as_json(exchange: &Exchange, bodies: bool) -> Value {
    let mut line = json!({
        "began_ms": exchange.began_ms, "took_ms": exchange.took_ms, "method": exchange.method, "path": exchange.path,
        "status": exchange.answer.as_ref().map(|answer| answer.status), "reason": reason(exchange, bodies),
        "ignored": names(exchange),
    });
    if bodies {
        line["query"] = json!(exchange.query);
        line["request"] = json!(exchange.request);
        line["answer"] = json!(exchange.answer);
    }
    line
}

fn as_line(exchange: &Exchange, bodies: bool) -> Vec<(String, Paint)> {
    let seconds = exchange.began_ms / 1_000 % 86_400;
    let time = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let query = exchange.query.as_ref().filter(|_| bodies).map(|query| format!("?{query}")).unwrap_or_default();
    let (status, paint) = match exchange.answer.as_ref().map(|answer| answer.status) {
        Some(status @ 500..) => (status.to_string(), Paint::Bad),
        Some(status @ 400..) => (status.to_string(), Paint::Doubtful),
        Some(status) => (status.to_string(), Paint::Good),
        None => ("---".to_owned(), Paint::Doubtful),
    };
    let mut parts = vec![
        (time, Paint::Quiet),
        (status, paint),
        (format!("{:<5}", exchange.method), Paint::Plain),
        (format!("{}{query}", exchange.path), Paint::Plain),
        (format!("{} ms", exchange.took_ms), Paint::Quiet),
    ];
    parts.extend(reason(exchange, bodies).map(|reason| (reason, paint)));
    parts.extend(names(exchange).into_iter().map(|name| (format!("ignored {name}"), Paint::Doubtful)));
    if bodies {
        let answer = exchange.answer.as_ref().map(|answer| &answer.message);
        for (mark, message) in [("\n  >", Some(&exchange.request)), ("\n  <", answer)] {
            if let Some(message) = message.filter(|message| message.bytes > 0) {
                parts.push((format!("{mark} {}", message.body.trim()), Paint::Quiet));
            }
        }
    }
    parts
}

/// What of a request its call does not know.
fn names(exchange: &Exchange) -> Vec<String> {
    exchange.ignored.iter().map(ToString::to_string).collect()
}

/// Why a request was refused, in the API's words.
fn reason(exchange: &Exchange, whole: bool) -> Option<String> {
    let Some(answer) = &exchange.answer else { return Some("the caller has gone".to_owned()) };
    if answer.status < 400 {
        return None;
    }
    let said = said(&answer.message.body)?;
    let said = if whole { said } else { without_values(&said) };
    Some(match said.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) if !whole => format!("{}…", &said[..end]),
        _ => said,
    })
}

/// The message of an error, in JSON or XML.
fn said(body: &str) -> Option<String> {
    if let Ok(body) = serde_json::from_str::<Value>(body) {
        let places = ["/error/message", "/error/detail", "/message", "/result/message", "/error_description"];
        let texts: Vec<_> = places.iter().filter_map(|place| body.pointer(place)?.as_str()).collect();
        return (!texts.is_empty()).then(|| texts.join(": "));
    }
    let document = roxmltree::Document::parse(body).ok()?;
    let texts =
        |name| document.descendants().filter(move |node| node.has_tag_name(name)).filter_map(|node| node.text());
    let texts: Vec<_> = texts("message").chain(texts("detail")).collect();
    (!texts.is_empty()).then(|| texts.join(": "))
}

/// A message without what it quotes: from the first quotation mark to the last one, since a value may have some itself.
fn without_values(said: &str) -> String {
    match (said.find('\''), said.rfind('\'')) {
        (Some(first), Some(last)) if first < last => format!("{}'…'{}", &said[..first], &said[last + 1..]),
        _ => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_the_apis_message_without_the_values_in_it() {
        let said = |body| super::said(body).map(|said| without_values(&said)).unwrap_or_default();
        assert_eq!(said(r#"{"success":false,"message":"code 'a' isn't 'b; c' here"}"#), "code '…' here",);
        assert_eq!(
            said(r#"{"error":{"message":"Not Found","detail":"no path"},"status":"failure"}"#),
            "Not Found: no path"
        );
        assert_eq!(
            said("<response><success>false</success><message>id is required</message></response>"),
            "id is required"
        );
        assert_eq!(said("no answer of ours"), "");
    }
}
