use std::num::NonZeroU32;

use super::{Fields, FromText, Problem};

/// Goes through the fields of a request, each of which is said once: its name, its type, its limit, and what it is.
/// [`Fields`] reads the values; what describes a request takes down the rest, and every value is absent to it.
pub trait Visitor {
    /// A value that has to be given.
    fn required<T: FromText>(&mut self, name: &'static str, says: &str) -> Option<T>;

    /// A value that has to be given for the reason that `problem` says.
    fn required_when<T: FromText>(&mut self, name: &'static str, problem: Problem, says: &str) -> Option<T>;

    /// A value that may be absent, null or blank.
    fn optional<T: FromText>(&mut self, name: &'static str, says: &str) -> Option<T>;

    /// A free text of at most `most` characters, `""` included.
    fn text_up_to(&mut self, name: &'static str, most: usize, says: &str) -> Option<String>;

    /// A flag: a boolean, or its name as a text. Its absence means `default`.
    fn flag_or(&mut self, default: bool, name: &'static str, says: &str) -> Option<bool>;

    /// A flag whose absence means false.
    fn flag(&mut self, name: &'static str, says: &str) -> Option<bool> {
        self.flag_or(false, name, says)
    }

    /// Whole seconds above 0.
    fn seconds(&mut self, name: &'static str, says: &str) -> Option<NonZeroU32>;
}

impl Visitor for &Fields<'_> {
    fn required<T: FromText>(&mut self, name: &'static str, _: &str) -> Option<T> {
        Fields::required(self, name)
    }

    fn required_when<T: FromText>(&mut self, name: &'static str, problem: Problem, _: &str) -> Option<T> {
        Fields::required_when(self, name, problem)
    }

    fn optional<T: FromText>(&mut self, name: &'static str, _: &str) -> Option<T> {
        Fields::optional(self, name)
    }

    fn text_up_to(&mut self, name: &'static str, most: usize, _: &str) -> Option<String> {
        Fields::text_up_to(self, name, most)
    }

    fn flag_or(&mut self, _: bool, name: &'static str, _: &str) -> Option<bool> {
        Fields::flag(self, name)
    }

    fn seconds(&mut self, name: &'static str, _: &str) -> Option<NonZeroU32> {
        Fields::seconds(self, name)
    }
}
