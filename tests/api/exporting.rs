//! `wrapup export segments`: the files of each day, read again.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use wrapup::date_time::DateTime;
use wrapup_test_support::{Said, Server, external, merged};

use crate::BINARY;

/// Today and tomorrow in UTC, as the server's answers have it.
fn days(submitted_on: &str) -> (String, String) {
    let today = DateTime::parse(submitted_on).expect("a time").start_of_day();
    (today.day(), today.plus_seconds(24 * 60 * 60).expect("a day").day())
}

fn export(server: &Server, days: &(String, String), format: &str, out: &Path, further: &[&str]) -> Said {
    let out = out.to_string_lossy();
    let command = ["export", "segments", "--from", &days.0, "--to", &days.1, "--format", format, "--out", &out];
    server.cli(BINARY, &[&command[..], further].concat(), "").into()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = folder.read_dir().expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn lines(file: &Path) -> BTreeMap<String, Value> {
    let text = std::fs::read_to_string(file).expect("a file");
    let objects = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    objects.map(|object| (object["external_segment_id"].as_str().expect("an id").to_owned(), object)).collect()
}

/// A wrap-up of each kind; answers when the first was submitted.
async fn kinds(server: &Server) -> String {
    let api = server.api();
    let mut submitted_on = String::new();
    for (id, own, closing) in [
        ("AWAITING", json!({}), Some(json!({"notes": "=1+1", "wrap_up_code": "Store Issue"}))),
        ("CONFIRMED", json!({}), Some(json!({"notes": "Done, \"really\".", "confirmed_on": "2026-01-05 10:15:00"}))),
        ("OPEN", json!({}), None),
        ("+49 30 1", json!({"agent_sys_id": "=agent"}), Some(json!({}))),
    ] {
        let own = merged(own, &json!({"interaction_sys_id": id}));
        api.post("segment/create", &merged(external(id), &own)).await.expect(200);
        let Some(closing) = closing else { continue };
        let encoded = id.replace('+', "%2B").replace(' ', "%20");
        let path = format!("segment/update?external_segment_id={encoded}");
        let closed = api.put(&path, &closing).await.expect(200);
        submitted_on = closed["segment"]["submitted_on"].as_str().expect("a time").to_owned();
    }
    submitted_on
}

#[tokio::test]
async fn each_day_is_a_file_of_the_closed_wrap_ups_and_again_the_same() {
    let server = Server::start(BINARY);
    let submitted_on = kinds(&server).await;
    let days = days(&submitted_on);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("exports");
    let name = format!("segments-{}.ndjson", days.0);
    let file = out.join(&name);
    let printed = export(&server, &days, "ndjson", &out, &[]).fine();
    assert!(printed.contains(&name) && printed.ends_with("3 wrap-ups\n"), "{printed}");
    assert_eq!(names(&out), BTreeSet::from([name.clone()]));
    let exported = lines(&file);
    assert_eq!(exported.keys().collect::<Vec<_>>(), ["+49 30 1", "AWAITING", "CONFIRMED"]);
    for (id, exported) in &exported {
        let api = server.api();
        let shown = api.get(&format!("segment/{}", exported["sys_id"].as_str().expect("a sys_id"))).await;
        let shown = shown.expect(200)["segment"].clone();
        for column in ["agent", "interaction", "opened_on", "submitted_on", "code_from", "sys_updated_by"] {
            assert_eq!(exported[column], shown[column], "{id}: {column}");
        }
        assert_eq!(exported["code"], shown["code"]["code"], "{id}");
        assert_eq!(exported["awaiting_confirmation"], json!(id != "CONFIRMED"), "{id}");
        assert!(exported.get("notes").is_none() && exported.get("ai_notes").is_none(), "{exported}");
        assert!(exported["seconds"].is_u64(), "{exported}");
    }
    let before = std::fs::read(&file).expect("a file");
    // What a run that was cut short has left is no obstacle, and is gone then.
    std::fs::write(out.join(format!("{name}.new")), "{\"half").expect("a file");
    export(&server, &days, "ndjson", &out, &[]).fine();
    assert_eq!(std::fs::read(&file).expect("a file"), before);
    assert_eq!(names(&out), BTreeSet::from([name.clone()]));

    // A later run has what came since, and `--skip-existing` leaves what is there.
    server.api().put("segment/update?external_segment_id=OPEN", &json!({})).await.expect(200);
    let printed = export(&server, &days, "ndjson", &out, &["--skip-existing"]).fine();
    assert_eq!(printed, "0 wrap-ups\n");
    assert_eq!(std::fs::read(&file).expect("a file"), before);
    export(&server, &days, "ndjson", &out, &["--notes"]).fine();
    let exported = lines(&file);
    assert_eq!(exported.len(), 4);
    assert_eq!(exported["AWAITING"]["notes"], "=1+1");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for the owner alone");
    }
}

#[tokio::test]
async fn a_spreadsheet_calculates_nothing_of_a_csv_file_and_every_row_is_whole() {
    let server = Server::start(BINARY);
    let days = days(&kinds(&server).await);
    let folder = tempfile::tempdir().expect("a folder");
    export(&server, &days, "csv", folder.path(), &["--notes"]).fine();
    let file = folder.path().join(format!("segments-{}.csv", days.0));
    let mut reader = csv::Reader::from_path(&file).expect("a file");
    let head = reader.headers().expect("a head").clone();
    let place = |name: &str| head.iter().position(|column| column == name).expect("a column");
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row:?}");
    }
    let column = |name: &str| rows.iter().map(|row| row[place(name)].to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(column("notes"), ["", "'=1+1", "Done, \"really\"."].map(str::to_owned).into());
    assert!(column("external_segment_id").contains("'+49 30 1"));
    assert!(column("agent").contains("'=agent"));
    assert_eq!(column("awaiting_confirmation"), ["false", "true"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_day_without_a_wrap_up_is_an_empty_file_and_what_is_no_day_is_refused() {
    let server = Server::start(BINARY);
    let folder = tempfile::tempdir().expect("a folder");
    let years_ago = ("2020-02-28".to_owned(), "2020-03-01".to_owned());
    for format in ["csv", "ndjson", "parquet"] {
        export(&server, &years_ago, format, folder.path(), &[]).fine();
    }
    let mut expected = BTreeSet::new();
    for day in ["2020-02-28", "2020-02-29"] {
        expected.extend(["csv", "ndjson", "parquet"].map(|format| format!("segments-{day}.{format}")));
    }
    assert_eq!(names(folder.path()), expected);
    assert_eq!(std::fs::read(folder.path().join("segments-2020-02-28.ndjson")).expect("a file"), b"");
    let none = ("2020-03-01".to_owned(), "2020-03-01".to_owned());
    export(&server, &none, "csv", folder.path(), &[]).failed(&["no day from 2020-03-01"]);
    for day in ["yesterday", "2020-02-30", "2020-02-28 12:00:00"] {
        let said = export(&server, &(day.to_owned(), "2020-03-01".to_owned()), "csv", folder.path(), &[]);
        assert!(said.err.contains("has to be a day such as 2026-01-31"), "{}", said.err);
        said.misused();
    }
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    export(&server, &years_ago, "csv", &file, &[]).failed(&["file"]);
}
