//! Changes of settings that are lists: one more, one less, or all anew.

use crate::error::{Error, Result};

/// Lines that one list may have.
const LINES_MAX: usize = 100;

/// What is to change of a list, as a person typed it.
#[derive(Clone, Debug, Default)]
pub struct ListChange {
    /// The whole list, in place of what is there.
    pub replace: Option<Vec<String>>,
    /// What comes to it.
    pub add: Vec<String>,
    /// What goes.
    pub remove: Vec<String>,
}

impl ListChange {
    pub(super) fn apply<T: PartialEq>(
        &self,
        list: &mut Vec<T>,
        what: &str,
        mut parse: impl FnMut(&str) -> Result<T>,
    ) -> Result<()> {
        if self.replace.is_some() {
            list.clear();
        }
        for text in self.replace.iter().flatten().chain(&self.add) {
            let value = parse(text)?;
            if !list.contains(&value) {
                list.push(value);
            }
        }
        for text in &self.remove {
            let value = parse(text)?;
            let before = list.len();
            list.retain(|known| *known != value);
            if list.len() == before {
                return Err(Error::invalid(format!(
                    "{text} is not among the app's {what}."
                )));
            }
        }
        if list.len() > LINES_MAX {
            return Err(Error::invalid(format!(
                "An app can have {LINES_MAX} {what}, and these are {}.",
                list.len()
            )));
        }
        Ok(())
    }
}
