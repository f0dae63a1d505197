//! What a check found: a verdict, a sentence, and what to do next.

use std::fmt;

use serde::Serialize;

/// How something stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and may not for long or not for all.
    Warning,
    /// It does not work, or is dangerous.
    Bad,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::Warning => "warning",
            Verdict::Bad => "bad",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// How it stands.
    pub verdict: Verdict,
    /// What was looked at, in a word or two.
    pub check: &'static str,
    /// The app that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What was found.
    pub message: String,
    /// What to do next; `None` if nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn good(check: &'static str, message: impl Into<String>) -> Self {
        Finding {
            verdict: Verdict::Good,
            check,
            app: None,
            message: message.into(),
            next: None,
        }
    }

    /// Something to look after.
    pub fn warning(
        check: &'static str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Finding {
            verdict: Verdict::Warning,
            next: Some(next.into()),
            ..Self::good(check, message)
        }
    }

    /// Something to mend.
    pub fn bad(check: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Finding {
            verdict: Verdict::Bad,
            ..Self::warning(check, message, next)
        }
    }

    /// Says which app it is about.
    pub fn of_app(mut self, id: &crate::ids::AppId) -> Self {
        self.app = Some(id.to_string());
        self
    }
}

/// One line, whatever a server elsewhere wrote into its answer.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let app = self.app.as_ref().map(|id| format!("{id}: "));
        let line = format!(
            "{:<8} {:<11} {}{} {}",
            self.verdict.as_str(),
            self.check,
            app.unwrap_or_default(),
            self.message,
            self.next.as_deref().unwrap_or_default()
        );
        f.write_str(line.replace(char::is_control, " ").trim_end())
    }
}

/// The last line.
pub fn summary(findings: &[Finding]) -> String {
    let count = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    format!(
        "\n{} good, {} warnings, {} bad",
        count(Verdict::Good),
        count(Verdict::Warning),
        count(Verdict::Bad)
    )
}
