use std::process::Output;

/// What a command has said.
#[derive(Debug)]
pub struct Said {
    /// The exit status.
    pub status: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Said {
    /// It worked, and nothing was complained about; what it printed.
    #[track_caller]
    pub fn fine(self) -> String {
        assert_eq!((self.status, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// It worked, and said so on standard error in these words; what it printed.
    #[track_caller]
    pub fn did(self, words: &[&str]) -> String {
        assert_eq!(self.status, Some(0), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no '{word}' in: {}", self.err);
        }
        self.out
    }

    /// It failed, and the complaint has these words.
    #[track_caller]
    pub fn failed(self, words: &[&str]) -> Self {
        assert_eq!(self.status, Some(1), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no '{word}' in: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// The arguments are not what the command takes; says how it is used.
    #[track_caller]
    pub fn misused(self) {
        assert_eq!((self.status, self.out.as_str()), (Some(2), ""), "{self:?}");
        assert!(self.err.contains("--help"), "{}", self.err);
    }
}
