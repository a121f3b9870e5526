use std::fmt;

/// Which rule a field breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Absent, null, blank or empty.
    #[error("is required")]
    Required,
    /// A condition makes the field required.
    #[error("is required {when}")]
    RequiredWhen {
        /// The condition, "when external is true".
        when: &'static str,
    },
    /// Another type than the field has.
    #[error("has to be {expected}, and is {found}")]
    WrongType {
        /// What the field takes.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// More characters than the field holds.
    #[error("has more than {most} characters")]
    TooLong {
        /// The limit in Unicode scalar values.
        most: usize,
    },
    /// More bytes than a key holds.
    #[error("has more than {most} bytes in UTF-8")]
    TooManyBytes {
        /// The limit.
        most: usize,
    },
    /// More entries than the list holds.
    #[error("has more than {most} entries")]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// More data than one record holds.
    #[error("takes more than {most_kb} KB in all")]
    TooLarge {
        /// The limit in units of 1,024 bytes.
        most_kb: usize,
    },
    /// Neither true nor false.
    #[error("has to be true or false")]
    NotAFlag,
    /// Not a duration.
    #[error("has to be a whole number of seconds from 1 to 4294967295")]
    NotSeconds,
    /// Not a date-time, or one that does not exist.
    #[error("has to be a date and time that exists, as yyyy-MM-dd HH:mm:ss in UTC or in RFC 3339")]
    NotADateTime,
    /// Not a language code.
    #[error("has to be a language code of two letters")]
    NotALanguage,
    /// Another value than the field has.
    #[error("has to be one of {one_of}")]
    NotOneOf {
        /// The values.
        one_of: &'static str,
    },
    /// A list in XML that is written in two ways at once.
    #[error("has <entry> beside other elements, where a list is one element around <entry>s, or its element repeated")]
    EntryBesideOthers,
    /// An `<entry>` with elements in it, where nothing reads them.
    #[error("has elements in it, and is neither the one element of <request> nor an entry of a list")]
    StrayEntry,
    /// A query parameter, a column or a key that may stand once stands twice.
    #[error("is given more than once")]
    GivenTwice,
    /// The same value as an earlier entry of the list.
    #[error("repeats '{value}' of an earlier entry")]
    Repeats {
        /// The value.
        value: String,
    },
    /// A value that only works together with another field.
    #[error("can only be used {with}")]
    OnlyWith {
        /// The other field and its value, "with show_timer true".
        with: &'static str,
    },
    /// A rule of whatever the field is about, in the words of the room that knows it.
    #[error("{0}")]
    Rule(String),
    /// A text that was cut within a character.
    #[error("has half of a surrogate pair in it, which is no character: send both halves or neither")]
    HalfAPair,
    /// Not valid UTF-8 after percent-decoding.
    #[error("is not valid UTF-8")]
    NotUtf8,
    /// A reader gave up without a reason: a bug, answered as bad input.
    #[error("could not be read")]
    Unreadable,
}

/// One field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's path, such as `configuration.allowed_codes[2].code`.
    pub field: String,
    /// The rule.
    pub problem: Problem,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

/// Every violation that one request has; at least one.
#[derive(Debug, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// `None` where there is nothing to complain of.
    pub fn new(violations: Vec<Violation>) -> Option<Self> {
        (!violations.is_empty()).then_some(Self(violations))
    }

    /// A single violation.
    pub fn one(field: impl Into<String>, problem: impl Into<Problem>) -> Self {
        Self(vec![Violation { field: field.into(), problem: problem.into() }])
    }

    /// These, and behind them those of another judgement of the same request.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The same, of an object that stands at `path` in its request.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        self.renamed(|field| format!("{path}.{field}"))
    }

    /// The same, of fields that their caller knows by other names.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&str) -> String) -> Self {
        for violation in &mut self.0 {
            violation.field = name(&violation.field);
        }
        self
    }

    /// All of them, in the order of the request.
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }
}

impl Violations {
    /// Violations that one message names. A request of 1 MiB can have hundreds of thousands, and no
    /// answer of Lambda holds more than 6 MB.
    pub const MOST_NAMED: usize = 1_000;

    /// The first `most` violations, and how many there are beyond.
    pub fn describe(&self, most: usize) -> String {
        let named: Vec<_> = self.0.iter().take(most).map(Violation::to_string).collect();
        match self.0.len().checked_sub(most).filter(|more| *more > 0) {
            Some(more) => format!("{}; and {more} more", named.join("; ")),
            None => named.join("; "),
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(Self::MOST_NAMED))
    }
}

impl std::error::Error for Violations {}
