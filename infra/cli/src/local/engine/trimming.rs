//! What DynamoDB does with records of a stream: after a day they are gone. The engine keeps them for good, so it is done
//! beside it, on its tables. Here nothing goes that a reader of this process has not come to.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::sleep;
use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use wrapup::clock::DAY;

use super::operations::Operations;

/// Records that go at once: whoever asks the database meanwhile waits for so many.
const MOST: usize = 500;

/// How long others have the database in between.
const PAUSE: Duration = Duration::from_millis(5);

/// Of the first `MOST` records before a place those that are older than a day, or younger: the clock was put back since.
/// Sequence numbers go up with the time, so behind these there are none that are older.
const TRIM: &str = "DELETE FROM _stream_records WHERE id IN (
    SELECT id FROM (
        SELECT id, created_at FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2
        ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)
    WHERE abs(created_at - ?4) > ?5)";

/// The last record stays, whoever has passed it: the next one's number is above it, whatever the clock says then.
const LAST: &str = "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1";

/// How far the readers of all streams have come.
#[derive(Default)]
pub struct Readers(Mutex<Vec<(String, Weak<AtomicI64>)>>);

/// The place up to which one reader needs nothing more.
#[derive(Clone)]
pub struct Passed(Arc<AtomicI64>);

impl Readers {
    /// Another reader of a table's stream, which has passed nothing yet.
    pub fn another(&self, table: &str) -> Passed {
        let place = Arc::new(AtomicI64::new(0));
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|(_, place)| place.strong_count() > 0);
        readers.push((table.to_owned(), Arc::downgrade(&place)));
        Passed(place)
    }

    /// What all readers of a table's stream have passed; none where nobody reads it.
    fn all_passed(&self, table: &str) -> Option<i64> {
        let readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_table = readers.iter().filter(|(name, _)| name == table);
        of_table.filter_map(|(_, place)| place.upgrade()).map(|place| place.load(Ordering::Acquire)).min()
    }
}

impl Passed {
    /// All up to the record of this number is dealt with.
    pub fn set(&self, number: i64) {
        self.0.store(number, Ordering::Release);
    }
}

/// Removes the records of all streams that are older than a day and that every reader has passed; answers how many.
///
/// `now` is the time since the Unix epoch. `beside` is a connection beside the engine's.
pub fn trim(operations: &Operations, beside: &Storage, now: Duration) -> Result<usize, DynoxideError> {
    let connection = beside.conn();
    let tables = connection
        .prepare("SELECT table_name FROM _tables")?
        .query_map((), |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let (most, now, day) = (signed(MOST as u64), signed(now.as_secs()), signed(DAY));
    let mut removed = 0;
    for table in tables {
        loop {
            let gone = {
                // In memory two connections at one table do not wait for each other: one of them fails.
                let _alone = operations.alone();
                let Some(last) = connection.query_row(LAST, [&table], |row| row.get::<_, Option<i64>>(0))? else {
                    break;
                };
                let place = operations.readers.all_passed(&table).map_or(last, |passed| passed.min(last));
                connection.execute(TRIM, (&table, place, most, now, day))?
            };
            removed += gone;
            if gone < MOST {
                break;
            }
            sleep(PAUSE);
        }
    }
    Ok(removed)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use wrapup::clock::Clock;
    use wrapup::dynamodb::{Table, Tables, key, tables};

    use super::super::Engine;
    use super::*;

    type Tested<T = ()> = Result<T, Box<dyn std::error::Error>>;

    /// The sequence numbers that are kept of the table of interactions.
    fn kept(engine: &Engine) -> Tested<Vec<String>> {
        let stream = engine.stream(Table::Interactions.platform_name())?;
        let batch = stream.read(stream.behind(None)?, 1_000)?;
        Ok(batch.event.records.into_iter().filter_map(|record| record.change.sequence_number).collect())
    }

    async fn what_is_old_and_passed_goes(data: Option<&Path>) -> Tested {
        let engine = Engine::open(data)?;
        let dynamo = engine.dynamo(Tables::default());
        tables::create_missing(&dynamo).await?;
        tables::enable_streams(&dynamo, &[Table::Interactions]).await?;
        let name = Table::Interactions.platform_name();
        let put = async |count: usize| {
            for number in 0..count {
                let put = dynamo.client.put_item().table_name(name).set_item(Some(key(format!("{number}"))));
                put.send().await?;
            }
            Tested::Ok(())
        };
        let count = MOST + 20;
        put(count).await?;
        let now = Clock::system().since_epoch();
        let later = now + Duration::from_secs(DAY + 60);
        // One reader has passed ten, another one nothing.
        let (slow, fast) = (engine.stream(name)?, engine.stream(name)?);
        let ten = fast.read(fast.behind(None)?, 10)?;
        fast.read(ten.next, 10)?;
        slow.read(slow.behind(None)?, 10)?;
        assert_eq!(engine.trim(later)?, 0);
        let ten = slow.read(slow.behind(None)?, 10)?;
        slow.read(ten.next.clone(), 10)?;
        // The tenth is kept, since it is where both go on; none is while it is young.
        assert_eq!((engine.trim(now)?, engine.trim(later)?, engine.trim(later)?), (0, 9, 0));
        assert_eq!(kept(&engine)?.len(), count - 9);
        let next = slow.read(ten.next, 1)?;
        assert_eq!(next.last, kept(&engine)?.get(1).cloned());
        // Once both have ended, only age counts; the last one stays, and numbers go on behind it.
        drop((slow, fast));
        assert_eq!(engine.trim(later)?, count - 10);
        let last = kept(&engine)?;
        assert_eq!(last.len(), 1);
        put(1).await?;
        let both = kept(&engine)?;
        assert!(both.len() == 2 && both[0] == last[0] && both[1] > both[0], "{both:?}");
        // What was written by a clock that was far ahead is not kept until then.
        assert_eq!(engine.trim(now - Duration::from_secs(2 * DAY))?, 1);
        assert_eq!(kept(&engine)?, both[1..]);
        Ok(())
    }

    #[tokio::test]
    async fn what_is_old_and_passed_by_all_goes_from_a_folder_and_from_memory() -> Tested {
        let folder = tempfile::tempdir()?;
        what_is_old_and_passed_goes(Some(folder.path())).await?;
        what_is_old_and_passed_goes(None).await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_who_writes_or_reads_is_disturbed_by_it() -> Tested {
        let engine = Engine::open(None)?;
        let dynamo = engine.dynamo(Tables::default());
        tables::create_missing(&dynamo).await?;
        tables::enable_streams(&dynamo, &[Table::Interactions]).await?;
        let name = Table::Interactions.platform_name();
        let stream = engine.stream(name)?;
        let writing = tokio::spawn({
            let dynamo = dynamo.clone();
            async move {
                for number in 0..300 {
                    let put = dynamo.client.put_item().table_name(name).set_item(Some(key(format!("{number}"))));
                    if let Err(error) = put.send().await {
                        return Err(error.into_service_error().to_string());
                    }
                }
                Ok(())
            }
        });
        let later = Clock::system().since_epoch() + Duration::from_secs(2 * DAY);
        let mut iterator = stream.behind(None)?;
        let (mut read, mut removed) = (0, 0);
        while read < 300 {
            let batch = stream.read(iterator, 7)?;
            (iterator, read) = (batch.next, read + batch.event.records.len());
            removed += engine.trim(later)?;
            tokio::task::yield_now().await;
        }
        writing.await?.map_err(io::Error::other)?;
        stream.read(iterator, 1)?;
        assert_eq!(removed + engine.trim(later)?, 299);
        Ok(())
    }
}
