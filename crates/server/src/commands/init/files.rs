//! What is to be written into a project, shown first and written only when told to. No file is ever overwritten.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::recognise::read;

/// One change of a project.
pub enum Change {
    /// A new file.
    Create {
        /// Its path in the project.
        path: String,
        /// Its content.
        content: String,
    },
    /// Lines that go into a page before the end of its body.
    Insert {
        /// Its path in the project.
        path: String,
        /// The page as it is.
        before: String,
        /// The lines.
        lines: String,
        /// Where they go in it, bytes.
        position: usize,
    },
    /// Lines at the end of a file of settings.
    Append {
        /// Its path in the project.
        path: String,
        /// The lines, with a line break before them if the file needs one.
        lines: String,
    },
    /// Nothing to do by ourselves: what a person reads instead.
    Leave(String),
}

impl Change {
    /// A new file, or the lines that the file with that name needs.
    pub fn create(
        folder: &Path,
        path: &str,
        content: String,
        where_else: &str,
        lines: &str,
    ) -> Self {
        // Also a link that leads nowhere is in the way.
        if folder.join(path).symlink_metadata().is_err() {
            return Change::Create {
                path: path.to_owned(),
                content,
            };
        }
        Change::Leave(format!(
            "{path} is there already and stays as it is. {where_else}:\n\n{}",
            indent(lines)
        ))
    }

    /// The two lines in a page of plain HTML.
    pub fn insert(folder: &Path, path: &str, lines: &str) -> Result<Self> {
        let Some(before) = read(folder, path)? else {
            return Ok(Change::Create {
                path: path.to_owned(),
                content: page(lines),
            });
        };
        if before.contains("<passage-") {
            return Ok(Change::Leave(format!(
                "{path} has an element already and stays as it is."
            )));
        }
        let end = before.to_ascii_lowercase().rfind("</body");
        // In front of the indentation of that line.
        let end = end.map(|end| before[..end].trim_end_matches([' ', '\t']).len());
        // A page in another encoding would be broken by what was read as UTF-8, and a link may lead out of the project.
        let is_link = folder
            .join(path)
            .symlink_metadata()
            .is_ok_and(|found| found.is_symlink());
        let reason = match (before.contains('\u{fffd}'), is_link) {
            (true, _) => format!("{path} is not UTF-8, so it stays as it is. "),
            (_, true) => format!("{path} is a link, so it stays as it is. "),
            _ => String::new(),
        };
        Ok(match end.filter(|_| reason.is_empty()) {
            Some(position) => Change::Insert {
                path: path.to_owned(),
                before,
                lines: lines.to_owned(),
                position,
            },
            None => Change::Leave(format!(
                "{reason}Add these lines to the body of {path}:\n\n{}",
                indent(lines)
            )),
        })
    }

    /// Settings that a file does not have yet; `None` if it has them all.
    pub fn settings(
        folder: &Path,
        path: &str,
        settings: &[(&str, String)],
    ) -> Result<Option<Self>> {
        let before = read(folder, path)?;
        let text = before.as_deref().unwrap_or_default();
        let has = |name: &str| {
            text.lines().any(|line| {
                let line = line.trim_start().trim_start_matches("export ");
                line.split('=')
                    .next()
                    .is_some_and(|known| known.trim() == name)
            })
        };
        let missing = settings.iter().filter(|(name, _)| !has(name));
        let lines: String = missing
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let path = path.to_owned();
        Ok(Some(match &before {
            None => Change::Create {
                path,
                content: lines,
            },
            Some(text) => Change::Append {
                path,
                lines: if text.is_empty() || text.ends_with('\n') {
                    lines
                } else {
                    format!("\n{lines}")
                },
            },
        }))
    }

    /// Prints what it does; `does` says whether that happens now.
    pub fn show(&self, does: bool) {
        let verb = |now, then| if does { now } else { then };
        match self {
            Change::Create { path, content } => {
                println!(
                    "{} {path}:\n\n{}",
                    verb("Writing", "Would write"),
                    indent(content)
                );
            }
            Change::Insert { path, lines, .. } => println!(
                "{} {path}, before </body>:\n\n{}",
                verb("Adding to", "Would add to"),
                indent(lines)
            ),
            Change::Append { path, lines } => println!(
                "{} {path}:\n\n{}",
                verb("Adding to", "Would add to"),
                indent(lines.trim_start())
            ),
            Change::Leave(text) => println!("{text}"),
        }
    }

    /// Does it.
    pub fn apply(&self, folder: &Path) -> Result<()> {
        let (Change::Create { path, .. }
        | Change::Insert { path, .. }
        | Change::Append { path, .. }) = self
        else {
            return Ok(());
        };
        let target = folder.join(path);
        self.write(&target).with_context(|| {
            format!(
                "{} cannot be written; get the right to write there, or leave `--write` out and paste by hand",
                target.display()
            )
        })
    }

    fn write(&self, target: &Path) -> std::io::Result<()> {
        match self {
            Change::Create { content, .. } => {
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                // Never over a file that came meanwhile.
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(target)?;
                file.write_all(content.as_bytes())
            }
            Change::Insert {
                before,
                lines,
                position,
                ..
            } => {
                if std::fs::read(target)? != before.as_bytes() {
                    return Err(std::io::Error::new(
                        ErrorKind::Interrupted,
                        "the file changed meanwhile",
                    ));
                }
                let (head, tail) = before.split_at(*position);
                std::fs::write(target, format!("{head}{lines}{tail}"))
            }
            Change::Append { lines, .. } => {
                let mut file = OpenOptions::new().append(true).open(target)?;
                file.write_all(lines.as_bytes())
            }
            Change::Leave(_) => Ok(()),
        }
    }

    /// Whether there is something to write.
    pub fn is_of_a_file(&self) -> bool {
        !matches!(self, Change::Leave(_))
    }
}

/// A whole login page around the two lines.
pub fn page(lines: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n  <head>\n    <meta charset=\"utf-8\" />\n    \
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n    \
         <title>Sign in</title>\n  </head>\n  <body>\n{}  </body>\n</html>\n",
        indent(lines)
    )
}

/// A login page of Next.js around the two lines, which JSX takes as they are but for the script.
pub fn next_page(element: &str, server: &str) -> String {
    format!(
        "import Script from \"next/script\";\n\nexport default function Login() {{\n  return (\n    <main>\n      \
         {element}\n      <Script src=\"{server}/web.js\" />\n    </main>\n  );\n}}\n"
    )
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                format!("    {line}\n")
            }
        })
        .collect()
}
