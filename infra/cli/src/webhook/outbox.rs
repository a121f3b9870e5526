use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, params};
use time::OffsetDateTime;

use super::{KeptEvent, WebhookUrl};

/// How long one process waits for another that writes at the same time.
const BUSY: Duration = Duration::from_secs(5);

/// The form of the tables. It grows when code of before would read them wrongly.
const FORM: i64 = 1;

/// `queue` has a row for each segment that something waits for: those behind the first of a segment are not looked at
/// until its turn has come. Times are milliseconds since the Unix epoch.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS position (
        webhook TEXT NOT NULL, stream TEXT NOT NULL, iterator TEXT NOT NULL, PRIMARY KEY (webhook, stream)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS event (
        place INTEGER PRIMARY KEY AUTOINCREMENT, webhook TEXT NOT NULL, subject TEXT NOT NULL, sequence TEXT NOT NULL,
        id TEXT NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL, kept_on INTEGER NOT NULL,
        put_aside_on INTEGER, problem TEXT
    );
    CREATE INDEX IF NOT EXISTS waiting ON event (webhook, subject, place) WHERE put_aside_on IS NULL;
    CREATE INDEX IF NOT EXISTS put_aside ON event (place) WHERE put_aside_on IS NOT NULL;
    CREATE TABLE IF NOT EXISTS queue (
        webhook TEXT NOT NULL, subject TEXT NOT NULL, due_on INTEGER NOT NULL, failures INTEGER NOT NULL,
        PRIMARY KEY (webhook, subject)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS due ON queue (webhook, due_on);";

/// The events that webhooks have not taken yet, those that were put aside, and up to where the segment table's stream
/// has been read for each webhook: in one database, so that a process that is killed at any moment has either read an
/// event and kept it, or done neither.
///
/// Another process may look at it, and take what was put aside, beside the one that delivers.
pub struct Outbox(Mutex<Connection>);

/// Why the outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The database.
    #[error("the events that are kept for webhooks: {0}")]
    Database(#[from] rusqlite::Error),
    /// Newer code has written it.
    #[error("the events that are kept for webhooks were written by a newer version of wrapup; use that one")]
    Newer,
}

impl OutboxError {
    /// Whether the file is no database, or a part of it does not fit the rest.
    pub fn is_damage(&self) -> bool {
        let Self::Database(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
    }
}

/// An event whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its place among all.
    pub place: i64,
    /// The segment.
    pub subject: String,
    /// Its id.
    pub id: String,
    /// All of it, in JSON.
    pub json: String,
    /// Since when it is kept.
    pub kept_on: OffsetDateTime,
    /// How often it was sent in vain.
    pub failures: u32,
}

/// An event that its webhook would not take.
#[derive(Clone, Debug)]
pub struct PutAside {
    /// Its place among all.
    pub place: i64,
    /// Whom it was for.
    pub webhook: String,
    /// The event.
    pub event: KeptEvent,
    /// Since when it is put aside.
    pub put_aside_on: OffsetDateTime,
    /// What became of the last attempt.
    pub problem: String,
}

impl Outbox {
    /// The outbox in a file, which is made where it is missing; without one it is in memory.
    ///
    /// # Errors
    /// Where the file cannot be used.
    pub fn open(file: Option<&Path>) -> Result<Self, OutboxError> {
        let connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        Self::with_tables(connection)
    }

    /// The outbox in a file; none where there is no such file.
    ///
    /// # Errors
    /// Where the file cannot be used.
    pub fn open_existing(file: &Path) -> Result<Option<Self>, OutboxError> {
        if !file.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::with_tables(Connection::open_with_flags(file, flags)?).map(Some)
    }

    fn with_tables(connection: Connection) -> Result<Self, OutboxError> {
        connection.busy_timeout(BUSY)?;
        let form: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if form > FORM {
            return Err(OutboxError::Newer);
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A killed process loses nothing by it. What a power cut takes is taken whole: the position goes with the events.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        if form < FORM {
            connection.execute_batch(TABLES)?;
            connection.pragma_update(None, "user_version", FORM)?;
        }
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic cut short has been rolled back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a stream is to be read on for a webhook; none for a webhook that is new.
    pub fn position(&self, webhook: &WebhookUrl, stream: &str) -> Result<Option<String>, OutboxError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached("SELECT iterator FROM position WHERE webhook = ? AND stream = ?")?;
        Ok(query.query_row([&name(webhook), stream], |row| row.get(0)).optional()?)
    }

    /// Keeps events for a webhook, behind those that it has not taken, together with where the stream is to be read on.
    pub fn keep(
        &self,
        webhook: &WebhookUrl,
        stream: &str,
        read_on: &str,
        events: &[KeptEvent],
        now: OffsetDateTime,
    ) -> Result<(), OutboxError> {
        let (webhook, now) = (name(webhook), milliseconds(now));
        let mut connection = self.connection();
        let change = connection.transaction()?;
        for event in events {
            change
                .prepare_cached(
                    "INSERT INTO event (webhook, subject, sequence, id, type, json, kept_on) VALUES (?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![webhook, event.subject, event.sequence, event.id, event.kind, event.json, now])?;
            change
                .prepare_cached("INSERT OR IGNORE INTO queue (webhook, subject, due_on, failures) VALUES (?, ?, ?, 0)")?
                .execute(params![webhook, event.subject, now])?;
        }
        change
            .prepare_cached("INSERT OR REPLACE INTO position (webhook, stream, iterator) VALUES (?, ?, ?)")?
            .execute(params![webhook, stream, read_on])?;
        Ok(change.commit()?)
    }

    /// Has all that waits for a webhook be sent at once, as after a start.
    pub fn begin_anew(&self, webhook: &WebhookUrl) -> Result<(), OutboxError> {
        self.connection().execute("UPDATE queue SET due_on = 0, failures = 0 WHERE webhook = ?", [name(webhook)])?;
        Ok(())
    }

    /// The events of a webhook whose turn it is: the first of each segment, those that are due for longest first.
    pub fn due(&self, webhook: &WebhookUrl, now: OffsetDateTime, most: usize) -> Result<Vec<Due>, OutboxError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT event.place, event.subject, event.id, event.json, event.kept_on, chosen.failures
             FROM (SELECT subject, failures, due_on FROM queue WHERE webhook = ?1 AND due_on <= ?2
                   ORDER BY due_on LIMIT ?3) AS chosen
             JOIN event ON event.place = (
                 SELECT MIN(place) FROM event
                 WHERE webhook = ?1 AND subject = chosen.subject AND put_aside_on IS NULL)
             ORDER BY chosen.due_on",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![name(webhook), milliseconds(now), most], |row| {
            Ok(Due {
                place: row.get(0)?,
                subject: row.get(1)?,
                id: row.get(2)?,
                json: row.get(3)?,
                kept_on: time(row, 4)?,
                failures: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next event of a webhook is due that is not due now; none where none waits.
    pub fn next_due(&self, webhook: &WebhookUrl, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, OutboxError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT due_on FROM queue WHERE webhook = ? AND due_on > ? ORDER BY due_on LIMIT 1")?;
        Ok(query.query_row(params![name(webhook), milliseconds(now)], |row| time(row, 0)).optional()?)
    }

    /// Forgets an event that its webhook has taken; it is the next one's turn.
    pub fn taken(&self, webhook: &WebhookUrl, due: &Due, now: OffsetDateTime) -> Result<(), OutboxError> {
        let mut connection = self.connection();
        let change = connection.transaction()?;
        change.prepare_cached("DELETE FROM event WHERE place = ?")?.execute([due.place])?;
        have_next(&change, &name(webhook), &due.subject, now)?;
        Ok(change.commit()?)
    }

    /// Has an event be sent again at a time.
    pub fn again(&self, webhook: &WebhookUrl, due: &Due, at: OffsetDateTime) -> Result<(), OutboxError> {
        self.connection()
            .prepare_cached("UPDATE queue SET due_on = ?, failures = failures + 1 WHERE webhook = ? AND subject = ?")?
            .execute(params![milliseconds(at), name(webhook), due.subject])?;
        Ok(())
    }

    /// Puts an event aside; it is the next one's turn.
    pub fn put_aside(
        &self,
        webhook: &WebhookUrl,
        due: &Due,
        problem: &str,
        now: OffsetDateTime,
    ) -> Result<(), OutboxError> {
        let mut connection = self.connection();
        let change = connection.transaction()?;
        change.prepare_cached("UPDATE event SET put_aside_on = ?, problem = ? WHERE place = ?")?.execute(params![
            milliseconds(now),
            problem,
            due.place
        ])?;
        have_next(&change, &name(webhook), &due.subject, now)?;
        Ok(change.commit()?)
    }

    /// Up to `most` of the events that were put aside, behind a place, in the order in which they came.
    pub fn all_put_aside(&self, behind: i64, most: usize) -> Result<Vec<PutAside>, OutboxError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT place, webhook, id, type, subject, sequence, json, put_aside_on, problem FROM event
             WHERE put_aside_on IS NOT NULL AND place > ? ORDER BY place LIMIT ?",
        )?;
        let rows = query.query_map(params![behind, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            let event = KeptEvent {
                id: row.get(2)?,
                kind: row.get(3)?,
                subject: row.get(4)?,
                sequence: row.get(5)?,
                json: row.get(6)?,
            };
            let (place, webhook) = (row.get(0)?, row.get(1)?);
            Ok(PutAside { place, webhook, event, put_aside_on: time(row, 7)?, problem: row.get(8)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets an event that was put aside, and has been taken since.
    pub fn forget(&self, put_aside: &PutAside) -> Result<(), OutboxError> {
        self.connection()
            .execute("DELETE FROM event WHERE place = ? AND put_aside_on IS NOT NULL", [put_aside.place])?;
        Ok(())
    }

    /// How many events wait, by the webhooks that they wait for.
    pub fn waiting(&self) -> Result<Vec<(String, u64)>, OutboxError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT webhook, COUNT(*) FROM event WHERE put_aside_on IS NULL GROUP BY webhook")?;
        let rows = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Makes it the turn of a segment's next event, if it has one.
fn have_next(
    change: &Transaction<'_>,
    webhook: &str,
    subject: &str,
    now: OffsetDateTime,
) -> Result<(), rusqlite::Error> {
    let updated = change
        .prepare_cached(
            "UPDATE queue SET due_on = ?3, failures = 0 WHERE webhook = ?1 AND subject = ?2 AND EXISTS (
                 SELECT 1 FROM event WHERE webhook = ?1 AND subject = ?2 AND put_aside_on IS NULL)",
        )?
        .execute(params![webhook, subject, milliseconds(now)])?;
    if updated == 0 {
        change
            .prepare_cached("DELETE FROM queue WHERE webhook = ? AND subject = ?")?
            .execute(params![webhook, subject])?;
    }
    Ok(())
}

/// What a webhook is known by in the outbox.
fn name(webhook: &WebhookUrl) -> String {
    webhook.uri().to_string()
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn time(row: &Row<'_>, column: usize) -> Result<OffsetDateTime, rusqlite::Error> {
    let milliseconds: i64 = row.get(column)?;
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000);
    Ok(time.unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn event(subject: &str, sequence: u32) -> KeptEvent {
        let (id, sequence) = (format!("{subject}-{sequence}"), format!("{sequence:010}"));
        let json = format!(r#"{{"id":"{id}"}}"#);
        KeptEvent { id, kind: "segment.opened".to_owned(), subject: subject.to_owned(), sequence, json }
    }

    fn ids(due: &[Due]) -> Vec<&str> {
        due.iter().map(|due| due.id.as_str()).collect()
    }

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_segments_events_wait_for_each_other_and_no_other_segments_do() -> Tested {
        let (outbox, webhook) = (Outbox::open(None)?, "http://one.example".parse()?);
        let now = OffsetDateTime::UNIX_EPOCH + SECOND;
        outbox.keep(&webhook, "table", "1", &[event("a", 0), event("b", 0), event("a", 1)], now)?;
        let due = outbox.due(&webhook, now, 10)?;
        assert_eq!(ids(&due), ["a-0", "b-0"]);
        assert_eq!(due[0].kept_on, now);
        outbox.again(&webhook, &due[0], now + SECOND)?;
        outbox.taken(&webhook, &due[1], now)?;
        // A new one of the same segment stays behind the one that is sent again.
        outbox.keep(&webhook, "table", "2", &[event("a", 2), event("b", 1)], now)?;
        assert_eq!(ids(&outbox.due(&webhook, now, 10)?), ["b-1"]);
        assert_eq!(outbox.next_due(&webhook, now)?, Some(now + SECOND));
        let later = outbox.due(&webhook, now + SECOND, 10)?;
        assert_eq!((ids(&later), later[1].failures), (vec!["b-1", "a-0"], 1));
        outbox.taken(&webhook, &later[1], now + SECOND)?;
        let next = outbox.due(&webhook, now + SECOND, 10)?;
        assert_eq!((ids(&next), next[1].failures), (vec!["b-1", "a-1"], 0));
        Ok(())
    }

    #[test]
    fn what_was_put_aside_is_listed_until_it_is_forgotten_and_holds_up_nothing() -> Tested {
        let (outbox, webhook) = (Outbox::open(None)?, "http://one.example/?key=1".parse()?);
        let now = OffsetDateTime::UNIX_EPOCH + SECOND;
        outbox.keep(&webhook, "table", "1", &[event("a", 0), event("a", 1)], now)?;
        let due = outbox.due(&webhook, now, 10)?;
        outbox.put_aside(&webhook, &due[0], "it answered 500", now + SECOND)?;
        assert_eq!(ids(&outbox.due(&webhook, now + SECOND, 10)?), ["a-1"]);
        let aside = outbox.all_put_aside(0, 10)?;
        let said = aside
            .iter()
            .map(|aside| (aside.webhook.as_str(), aside.event.clone(), aside.put_aside_on, aside.problem.as_str()));
        let expected = ("http://one.example/?key=1", event("a", 0), now + SECOND, "it answered 500");
        assert_eq!(said.collect::<Vec<_>>(), [expected]);
        assert!(outbox.all_put_aside(aside[0].place, 10)?.is_empty());
        outbox.forget(&aside[0])?;
        assert!(outbox.all_put_aside(0, 10)?.is_empty());
        Ok(())
    }

    #[test]
    fn webhooks_know_nothing_of_each_other() -> Tested {
        let outbox = Outbox::open(None)?;
        let (one, other) = ("http://one.example".parse()?, "http://other.example".parse()?);
        let now = OffsetDateTime::UNIX_EPOCH + SECOND;
        outbox.keep(&one, "table", "1", &[event("a", 0)], now)?;
        assert_eq!(outbox.position(&one, "table")?.as_deref(), Some("1"));
        assert_eq!((outbox.position(&other, "table")?, outbox.position(&one, "another")?), (None, None));
        assert!(outbox.due(&other, now, 10)?.is_empty());
        assert_eq!(outbox.waiting()?, [("http://one.example/".to_owned(), 1)]);
        Ok(())
    }

    #[test]
    fn all_of_it_is_there_when_it_is_opened_again_and_beside_who_has_it_open() -> Tested {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("events.sqlite");
        assert!(Outbox::open_existing(&file)?.is_none() && !file.exists());
        let (webhook, now) = ("http://one.example".parse()?, OffsetDateTime::UNIX_EPOCH + SECOND);
        let outbox = Outbox::open(Some(&file))?;
        outbox.keep(&webhook, "table", "1", &[event("a", 0), event("b", 0)], now)?;
        let due = outbox.due(&webhook, now, 10)?;
        outbox.again(&webhook, &due[0], now + 60 * SECOND)?;
        outbox.put_aside(&webhook, &due[1], "no answer in 10 s", now)?;
        let beside = Outbox::open_existing(&file)?.ok_or("it is there")?;
        let aside = beside.all_put_aside(0, 10)?;
        assert_eq!(aside.len(), 1);
        beside.forget(&aside[0])?;
        assert!(outbox.all_put_aside(0, 10)?.is_empty());
        drop((outbox, beside));
        let again = Outbox::open(Some(&file))?;
        assert_eq!(again.position(&webhook, "table")?.as_deref(), Some("1"));
        assert!(again.due(&webhook, now, 10)?.is_empty());
        again.begin_anew(&webhook)?;
        assert_eq!(ids(&again.due(&webhook, now, 10)?), ["a-0"]);
        Ok(())
    }

    #[test]
    fn what_newer_code_has_written_is_left_alone() -> Tested {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("events.sqlite");
        Connection::open(&file)?.pragma_update(None, "user_version", FORM + 1)?;
        assert!(matches!(Outbox::open(Some(&file)), Err(OutboxError::Newer)));
        Ok(())
    }
}
