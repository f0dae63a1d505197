//! What the fuzz targets run (`docs/fuzzing.md`): one function each, which takes any bytes, and panics if a property does not
//! hold. The tests below run the same functions over the corpus. In builds of the fuzzers and of tests only.
//!
//! Beyond "no panic": what was accepted comes out the same when it is read again, a second reader agrees, and nothing opens or
//! verifies but what this server made.

mod addresses;
mod requests;
mod sealed;
mod settings;

/// What every target looks like.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("bodies", requests::bodies),
    ("configuration", settings::configuration),
    ("headers", requests::headers),
    ("identifiers", addresses::identifiers),
    ("metadata", settings::metadata),
    ("origins", addresses::origins),
    ("redirects", addresses::redirects),
    ("sealed_ids", sealed::sealed_ids),
    ("templates", settings::templates),
    ("tokens", sealed::tokens),
];

/// Runs a target by its name.
///
/// # Panics
///
/// If there is no such target, or if a property does not hold.
pub fn run(name: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.expect("the target is in the list").1(data);
}

/// The text, without what no text can be.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Every file that the fuzzers kept.
    #[test]
    fn the_corpus_keeps_the_properties() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        for (name, _) in TARGETS {
            let files = std::fs::read_dir(corpus.join(name)).expect("the target has a corpus");
            let mut count = 0;
            for file in files {
                run(name, &std::fs::read(file.unwrap().path()).unwrap());
                count += 1;
            }
            assert!(count > 0, "{name} has an empty corpus");
        }
    }

    #[test]
    fn every_target_has_its_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
        let mut programs: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        programs.sort();
        let names: Vec<_> = TARGETS
            .iter()
            .map(|(name, _)| format!("{name}.rs"))
            .collect();
        assert_eq!(programs, names);
    }
}
