//! The rooms of this crate are floors of one stack: a room uses those on floors below it, never one beside or above
//! it. What is held against the list is every path that begins at the crate's root, in code, in `use` trees and in
//! the links of documentation; tests within the crate may use what they like.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, floor by floor, from the ground.
const FLOORS: &[&[&str]] = &[
    &["clock", "csv", "near", "settings", "sys_id", "xml"],
    &["cache", "document", "logging", "retention"],
    &["aws", "date_time", "json_schema", "language", "redaction"],
    &["watch"],
    &["dynamodb"],
    &["error"],
    &["users"],
    &["cursors"],
    &["codes", "interactions", "segment_tables"],
    &["configurations"],
    &["segments"],
    &["ai", "reports"],
    &["api"],
    &["openapi"],
    &["system"],
];

/// One room that names another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    /// The room that is named.
    to: String,
    /// The line that names it.
    line: usize,
}

#[test]
fn no_room_uses_one_beside_or_above_it() {
    let rooms = Rooms::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let unlisted: Vec<_> = rooms.names().filter(|room| floor(room).is_none()).collect();
    assert!(unlisted.is_empty(), "rooms without a floor; add them to FLOORS: {unlisted:?}");
    let gone: Vec<_> = FLOORS.iter().copied().flatten().filter(|room| !rooms.files.contains_key(**room)).collect();
    assert!(gone.is_empty(), "floors without a room: {gone:?}");
    let faults = rooms.faults();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// The files of each room.
struct Rooms {
    files: BTreeMap<String, Vec<PathBuf>>,
    /// What the crate's root shows of its rooms by another name: `Error` is the room `error`'s.
    shown: BTreeMap<String, String>,
}

impl Rooms {
    fn read(source: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut shown = BTreeMap::new();
        for path in entries(source) {
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            if path.is_dir() {
                let mut inside = Vec::new();
                collect(&path, &mut inside);
                files.entry(name).or_insert_with(Vec::new).extend(inside);
            } else if name == "lib" {
                shown = shown_by(&fs::read_to_string(&path).expect("a readable file"));
            } else {
                files.entry(name).or_insert_with(Vec::new).push(path);
            }
        }
        Self { files, shown }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Every arrow that does not lead down, as a line for whoever has to mend it.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (room, files) in &self.files {
            let texts: Vec<_> =
                files.iter().map(|path| (path, fs::read_to_string(path).expect("a readable file"))).collect();
            let for_tests: Vec<_> = texts.iter().flat_map(|(path, text)| modules_for_tests(path, text)).collect();
            for (path, text) in texts.iter().filter(|(path, _)| !for_tests.contains(*path)) {
                let depth = depth(path, room);
                for Arrow { to, line } in arrows(text, depth, |name| self.room(name)) {
                    if to != *room && floor(&to).is_none_or(|to| floor(room).is_some_and(|from| to >= from)) {
                        faults.push(format!("{}:{line}: {room} uses {to}", path.display()));
                    }
                }
            }
        }
        faults
    }

    /// The room that a name at the crate's root belongs to.
    fn room(&self, name: &str) -> Option<String> {
        let room = self.shown.get(name).map_or(name, String::as_str);
        self.files.contains_key(room).then(|| room.to_owned())
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_dir() || path.extension().is_some_and(|kind| kind == "rs")).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// How many modules a file is below the crate's root: `error.rs` and `api/mod.rs` one, `api/serve.rs` two.
fn depth(path: &Path, room: &str) -> usize {
    let parts: Vec<_> = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let root = parts.iter().rposition(|part| part == "src").expect("a source folder");
    let below = parts.len() - root - 1;
    assert_eq!(parts[root + 1], room);
    if parts.last().is_some_and(|last| last == "mod") { below - 1 } else { below }
}

/// The names that `pub use room::Name` gives a room's items at the crate's root.
fn shown_by(root: &str) -> BTreeMap<String, String> {
    let uses = root.lines().filter_map(|line| line.trim().strip_prefix("pub use ")?.strip_suffix(';'));
    uses.filter_map(|path| path.split_once("::")).map(|(room, name)| (name.to_owned(), room.to_owned())).collect()
}

/// The files of the modules that a file has for tests alone.
fn modules_for_tests(path: &Path, text: &str) -> Vec<PathBuf> {
    let folder = match path.file_stem().and_then(|name| name.to_str()) {
        Some("mod") => path.with_file_name(""),
        _ => path.with_extension(""),
    };
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter(|pair| is_for_tests(pair[0]));
    let names = declared.filter_map(|pair| pair[1].strip_prefix("mod ")?.strip_suffix(';'));
    names.map(|name| folder.join(name).with_extension("rs")).collect()
}

fn is_for_tests(attribute: &str) -> bool {
    attribute.starts_with("#[cfg(") && attribute.split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
}

/// The rooms that a file names. `room` says which room a name at the crate's root belongs to, if any.
fn arrows(text: &str, depth: usize, room: impl Fn(&str) -> Option<String>) -> Vec<Arrow> {
    let text = without_tests(&without_literals(text));
    let mut arrows = Vec::new();
    for (at, keyword) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line = line(&text, at);
        for name in first_names(&text[at + keyword.len()..]) {
            // An unknown name is an arrow too, to a room that is not listed.
            arrows.push(Arrow { to: room(&name).unwrap_or(name), line });
        }
    }
    // `super::super::` from two modules below the root leads there as well.
    let up = "super::".repeat(depth);
    for (at, _) in text.match_indices(&up) {
        if text[..at].ends_with("super::") {
            continue;
        }
        let line = line(&text, at);
        let named = first_names(&text[at + up.len()..]).into_iter();
        arrows.extend(named.filter_map(|name| Some(Arrow { to: room(&name)?, line })));
    }
    arrows.sort();
    arrows
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The first name of a path, or those of a group: `a` of `a::b`, `a` and `c` of `{a::b, c::{d, e}}`.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let name =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut open, mut start, mut names) = (1, 0, Vec::new());
    for (at, c) in group.char_indices() {
        open = match c {
            '{' => open + 1,
            '}' => open - 1,
            _ => open,
        };
        if open == 0 || (c == ',' && open == 1) {
            names.push(name(&group[start..at]));
            start = at + 1;
        }
        if open == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The text with what stands in literals left out, so that no brace or path in them counts. Lines stay where they are.
fn without_literals(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let raw = rest.strip_prefix('r').map(|hashes| (hashes, hashes.len() - hashes.trim_start_matches('#').len()));
        let literal = match raw {
            Some((hashes, count)) if hashes[count..].starts_with('"') && !ends_a_word(&kept) => {
                let end = format!("\"{}", "#".repeat(count));
                let begin = 1 + count + 1;
                rest[begin..].find(&end).map(|at| begin + at + end.len())
            }
            _ if rest.starts_with("//") => {
                let end = rest.find('\n').unwrap_or(rest.len());
                kept.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            _ if c == '"' => Some(quoted(rest, '"')),
            // A lifetime is no literal: it has no second quote where a character's would be.
            _ if c == '\'' && (rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'')) => {
                Some(quoted(rest, '\''))
            }
            _ => None,
        };
        let end = literal.unwrap_or(c.len_utf8());
        match literal {
            Some(_) => kept.extend(rest[..end].chars().filter(|c| *c == '\n')),
            None => kept.push(c),
        }
        rest = &rest[end..];
    }
    kept
}

fn ends_a_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Bytes of a literal with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text with the items left out that are compiled for tests alone. Lines stay where they are.
fn without_tests(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("#[cfg(") {
        let attribute = &rest[at..];
        let end = attribute.find(']').map_or(attribute.len(), |end| end + 1);
        kept.push_str(&rest[..at]);
        let end = if is_for_tests(&attribute[..end]) {
            let item = end + item(&attribute[end..]);
            kept.extend(attribute[..item].chars().filter(|c| *c == '\n'));
            item
        } else {
            kept.push_str(&attribute[..end]);
            end
        };
        rest = &attribute[end..];
    }
    kept.push_str(rest);
    kept
}

/// Bytes of the item at the beginning of a text: up to its semicolon, or the brace that closes its first one.
fn item(text: &str) -> usize {
    let mut open = 0;
    for (at, c) in text.char_indices() {
        match c {
            ';' if open == 0 => return at + 1,
            '{' => open += 1,
            '}' if open == 1 => return at + 1,
            '}' => open -= 1,
            _ => {}
        }
    }
    text.len()
}

// ---- That it would notice

/// What a file of `room/file.rs` names, where `clock`, `codes` and `error` are rooms.
fn named(text: &str) -> Vec<(String, usize)> {
    let known = |name: &str| match name {
        "Error" => Some("error".to_owned()),
        "clock" | "codes" | "error" => Some(name.to_owned()),
        _ => None,
    };
    arrows(text, 2, known).into_iter().map(|Arrow { to, line }| (to, line)).collect()
}

#[track_caller]
fn assert_names(text: &str, expected: &[(&str, usize)]) {
    let expected: Vec<_> = expected.iter().map(|(to, line)| ((*to).to_owned(), *line)).collect();
    assert_eq!(named(text), expected, "{text}");
}

#[test]
fn uses_are_seen_in_every_form() {
    assert_names("use crate::codes::Code;\n", &[("codes", 1)]);
    assert_names("\nuse crate::{clock, codes::{Code, Label}, Error};\n", &[("clock", 2), ("codes", 2), ("error", 2)]);
    assert_names("use crate::{\n    clock::Clock,\n    codes,\n};\n", &[("clock", 1), ("codes", 1)]);
    assert_names("fn f() -> crate::Error {\n    crate::codes::f()\n}\n", &[("codes", 2), ("error", 1)]);
    assert_names("/// As [`Code`](crate::codes::Code) has it.\nstruct A;\n", &[("codes", 1)]);
    assert_names("#[cfg(feature = \"openapi\")]\nuse crate::codes::Code;\n", &[("codes", 2)]);
    assert_names("use super::super::codes::Code;\nuse super::codes::Code;\n", &[("codes", 1)]);
    assert_names("use crate::cellar::Wine;\n", &[("cellar", 1)]);
    assert_names("pub(crate) fn f() {}\nuse my_crate::codes::Code;\n", &[]);
}

#[test]
fn what_is_for_tests_or_in_a_literal_is_no_use() {
    assert_names("#[cfg(test)]\nmod tests {\n    use crate::codes::Code;\n    fn f() { if a { b } }\n}\n", &[]);
    assert_names("#[cfg(test)]\nuse crate::codes::Code;\nuse crate::clock::Clock;\n", &[("clock", 3)]);
    assert_names("#[cfg(test)]\nmod tests {\n    const A: &str = \"}\";\n}\nuse crate::clock;\n", &[("clock", 5)]);
    assert_names("const A: &str = \"crate::codes\";\nconst B: char = '\"';\nuse crate::clock;\n", &[("clock", 3)]);
    assert_names(
        "const A: &str = r#\"\"crate::codes\"#;\nfn f<'a>(a: &'a str) {}\nuse crate::clock;\n",
        &[("clock", 3)],
    );
}

#[test]
fn an_arrow_that_runs_up_is_named_by_its_file_and_line() {
    let folder = std::env::temp_dir().join(format!("wrapup-floors-{}", std::process::id()));
    let source = folder.join("src");
    fs::create_dir_all(source.join("api")).expect("a folder");
    fs::write(source.join("lib.rs"), "pub mod api;\npub mod clock;\npub mod system;\npub use system::System;\n")
        .expect("a file");
    fs::write(source.join("clock.rs"), "use crate::api::Api;\n").expect("a file");
    fs::write(source.join("system.rs"), "use crate::clock::Clock;\n").expect("a file");
    let served = "use crate::clock::Clock;\nuse crate::System;\n\n#[cfg(test)]\nmod tests;\n";
    fs::write(source.join("api").join("mod.rs"), served).expect("a file");
    fs::write(source.join("api").join("tests.rs"), "use crate::system::System;\n").expect("a file");
    let mut faults = Rooms::read(&source).faults();
    fs::remove_dir_all(&folder).expect("a folder that can be deleted");
    for fault in &mut faults {
        *fault = fault.replace(&format!("{}/", source.display()), "");
    }
    assert_eq!(faults, ["api/mod.rs:2: api uses system", "clock.rs:1: clock uses api"]);
}
