use super::{CorruptRecord, Item};

/// The records of a table, for operators. One that cannot be read, because a newer version wrote it or it is none, does not
/// keep the others from being listed.
#[derive(Debug)]
pub struct Listed<T> {
    /// Those that can be read.
    pub records: Vec<T>,
    /// Of the others which they are and why they cannot be read, by key.
    pub unreadable: Vec<CorruptRecord>,
}

impl<T> Listed<T> {
    /// Reads each item by itself.
    pub fn of(items: Vec<Item>, read: impl Fn(Item) -> Result<T, CorruptRecord>) -> Self {
        let mut listed = Self { records: Vec::with_capacity(items.len()), unreadable: Vec::new() };
        for item in items {
            match read(item) {
                Ok(record) => listed.records.push(record),
                Err(error) => listed.unreadable.push(error),
            }
        }
        listed.unreadable.sort_by(|one, other| one.key.cmp(&other.key));
        listed
    }
}
