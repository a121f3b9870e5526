use std::sync::atomic::AtomicBool;

use super::*;

/// Random numbers that `cargo test` begins with.
const SEED: u64 = 20_240_916;

fn nothing_is_found(name: &str) {
    let subject = SUBJECTS.iter().find(|subject| subject.name == name).expect("a target");
    let inputs = corpus::committed(name).expect("a corpus");
    assert!(!inputs.is_empty(), "{name}");
    println!("{name}, seed {SEED}, {} inputs to begin with", inputs.len());
    match driver::run(subject, inputs, SEED, Until::Cases(subject.cases), &AtomicBool::new(false)) {
        Ok(summary) => {
            println!("{}", said(&summary));
            assert_eq!(summary.cases, subject.cases);
            assert!(summary.outcomes > 1, "whatever it is given, the same comes of it");
        }
        Err(finding) => panic!("{finding}"),
    }
}

macro_rules! targets {
    ($($function:ident: $name:literal,)*) => {
        const TESTED: &[&str] = &[$($name),*];

        $(#[test]
        fn $function() {
            nothing_is_found($name);
        })*
    };
}

targets! {
    json: "json",
    xml: "xml",
    bodies: "bodies",
    requests: "requests",
    credentials: "credentials",
    events: "events",
    gzip: "gzip",
    stored: "stored",
    date_times: "date-times",
    redaction: "redaction",
    transcripts: "transcripts",
    imports: "imports",
}

#[test]
fn every_target_is_tested() {
    assert_eq!(TESTED, SUBJECTS.iter().map(|subject| subject.name).collect::<Vec<_>>());
}

/// What once took work that grew faster than the text.
#[test]
fn texts_that_were_slow_take_work_that_grows_as_they_do() {
    let texts: &[(&str, &str, &str)] = &[
        // A question whose answer goes on to the end, again and again.
        ("redaction", "Agent: yo", "ur first pet called?\nCustomer: Rex. R e x.\nAgent: "),
        ("redaction", "", "\nAgent: pin?\nCustomer: 1 2 3 4."),
        ("redaction", "", "four one one one "),
        ("redaction", "", "x-1a-"),
        ("redaction", "", "my password is "),
        ("json", "{\"a\":", "["),
        ("json", "", "{\"a\":"),
        ("json", "{\"a\":\"", "\\ud83d"),
        ("json", "{\"a\":", "1"),
        ("xml", "<request>", "<a>"),
        ("xml", "<request>", "<a/>"),
        ("xml", "<request", " a='b'"),
        ("xml", "<request>", "&#xD83D;"),
        ("xml", "<request>", "<!---->"),
        ("xml", "<request>", "<b xmlns:c='d'>"),
        ("imports", "code\n\"", "\"\""),
        ("imports", "code\n", ","),
        ("imports", "code", "\n"),
        ("imports", "<unload>", "<a>"),
        ("imports", "<unload><a>", "&lt;"),
        ("imports", "", "["),
        ("date-times", "", "de;q=0.5,"),
        ("date-times", "", ";"),
    ];
    for (name, before, part) in texts {
        let subject = SUBJECTS.iter().find(|subject| subject.name == *name).expect("a target");
        let target = (subject.make)();
        let works = driver::works(target.as_ref(), before.as_bytes(), part.as_bytes(), b"").expect("work");
        assert_eq!(driver::check_growth(&works), Ok(()), "{name} {part:?}");
    }
    let twice = |work: u64| crate::work::Work { allocated: work, branches: 0 };
    let quadratic = [(1, twice(1 << 20)), (2, twice(1 << 22)), (4, twice(1 << 24))];
    assert!(driver::check_growth(&quadratic).is_err());
}

fn started(arguments: &[&str], interrupted: bool) -> Result<ExitCode, String> {
    let arguments = Arguments::try_parse_from([&["run"], arguments].concat()).map_err(|error| error.to_string())?;
    run(&arguments, &AtomicBool::new(interrupted)).map_err(|trouble| trouble.to_string())
}

#[test]
fn what_cannot_be_looked_at_is_said_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (inside, file) = (folder.path().join("none"), folder.path().join("file"));
    std::fs::write(&file, "").expect("a file");
    let path = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    for (arguments, interrupted, said) in [
        (vec!["jsom"], false, "there is no target 'jsom'; there are 'json', 'xml'"),
        (vec!["json", "--corpus", &path(&inside)], false, "cannot be written to"),
        (vec!["json", "--corpus", &path(&file)], false, "cannot be written to"),
        (vec!["all", "--corpus", &path(folder.path())], false, "name one target"),
        (vec!["json", "--input", "\\q"], false, "escapes nothing"),
        (vec!["json", "--minutes", "1", "--cases", "1"], false, "cannot be used with"),
        (vec!["json", "--seed", "one"], false, "invalid value"),
        (vec!["json", "--cases", "5", "--corpus", &path(folder.path())], true, "interrupted after 0 inputs of json"),
    ] {
        let error = started(&arguments, interrupted).expect_err("trouble");
        assert!(error.contains(said), "{arguments:?}: {error}");
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 1, "{arguments:?}");
    }
}

#[test]
fn what_is_new_is_written_into_a_folder_and_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path");
    assert_eq!(started(&["xml", "--cases", "2000", "--seed", "1", "--corpus", path], false), Ok(ExitCode::SUCCESS));
    let written = corpus::read(folder.path()).expect("inputs");
    assert!(!written.is_empty());
    let input = written[0].escape_ascii().to_string();
    assert_eq!(unescaped(&input).as_ref(), written.first());
    assert_eq!(started(&["xml", "--input", &input], false), Ok(ExitCode::SUCCESS));
}

/// A finding is made as short as it goes, and says how to come by it again.
#[test]
fn a_finding_names_its_shortest_input() {
    struct Fussy;
    impl driver::Target for Fussy {
        fn look(&mut self, input: &[u8]) -> Result<String, String> {
            match input.windows(2).any(|two| two == b"'\n") {
                true => panic!("a quote at the end of a line"),
                false => Ok("fine".to_owned()),
            }
        }
    }
    let fussy =
        Subject { name: "fussy", about: "a text", words: &["'"], cases: 1, largest: 64, make: || Box::new(Fussy) };
    let seeds = vec![b"one line, and 'another'\n of text".to_vec()];
    let finding = driver::run(&fussy, seeds, 1, Until::Cases(1), &AtomicBool::new(false)).expect_err("a finding");
    let said = finding.to_string();
    assert!(said.contains("a quote at the end of a line"), "{said}");
    assert!(said.ends_with("again: tests/fuzz/run fussy --input '\\x27\\n'"), "{said}");
}
