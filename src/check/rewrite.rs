//! Puts fixes into files, or shows what they would change.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use connect_validator::fix::apply;

use super::{Checked, Fix, Judge, Target, count};
use crate::context::Context;
use crate::error::CliError;
use crate::ui::Verb;

/// Applies the fixes of a file and checks it anew.
///
/// A fix may make room for another, so this goes on until there is none left.
pub(super) fn fix(
    checked: &mut Checked,
    target: &Target,
    judge: &Judge<'_>,
    context: &Context,
) -> Result<(), CliError> {
    let mut text = checked.source.clone();
    let subject = checked.subject;
    let mut changes = 0;
    for _ in 0..ROUNDS {
        let (better, applied) = apply(&text, &judge.report(&text, subject).findings);
        if applied == 0 {
            break;
        }
        changes += applied;
        text = better;
    }
    if changes == 0 {
        return Ok(());
    }
    let changed = format!("{} ({})", checked.name, count(changes, "change"));
    match (judge.options.fix, target.path()) {
        (Fix::Write, Some(path)) => {
            replace(&context.cwd.join(path), &text)
                .map_err(|error| CliError::unwritable(&checked.name, &error))?;
            context.ui.status(Verb::Done("Fixed"), &changed);
            checked.report = judge.report(&text, subject);
            checked.source = text;
        }
        // What is no file has nowhere to be written to but stdout.
        (Fix::Write, _) => {
            context.ui.data(text.trim_end_matches('\n'));
            checked.report = judge.report(&text, subject);
            checked.source = text;
        }
        (Fix::Preview | Fix::No, _) => {
            context
                .ui
                .data(diff(&checked.name, "fixed", &checked.source, &text).trim_end());
        }
    }
    Ok(())
}

/// Writes a file anew, with the permissions it had.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    write_whole(&path, text, Some(permissions))
}

/// Writes a file so that readers see what was there before or all of the text, never a part.
pub(super) fn write_whole(
    path: &Path,
    text: &str,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.tmp-{}", std::process::id()));
    let written = (|| {
        let mut file = fs::File::create_new(&beside)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The difference of two texts, in the unified format; `note` says what the second one is.
pub(crate) fn diff(name: &str, note: &str, before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let mut text = format!("--- {name}\n+++ {name} ({note})\n");
    let (mut i, mut j, mut shown) = (0, 0, 0);
    while i < old.len() || j < new.len() {
        if old.get(i) == new.get(j) {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let (removed, added) = next_common(&old[i..], &new[j..]);
        let lead = CONTEXT.min(i - shown);
        let rest = old.len() - i - removed;
        let trail = CONTEXT
            .min(rest)
            .min(common(&old[i + removed..], &new[j + added..]));
        text.push_str(&format!(
            "@@ -{},{} +{},{} @@\n",
            i - lead + 1,
            lead + removed + trail,
            j - lead + 1,
            lead + added + trail
        ));
        let mut put = |sign: char, lines: &[&str]| {
            for line in lines {
                text.push_str(&format!("{sign}{line}\n"));
            }
        };
        put(' ', &old[i - lead..i]);
        put('-', &old[i..i + removed]);
        put('+', &new[j..j + added]);
        (i, j) = (i + removed, j + added);
        put(' ', &old[i..i + trail]);
        (i, j) = (i + trail, j + trail);
        shown = i;
    }
    text
}

/// How many lines go and come before the texts agree again.
fn next_common(old: &[&str], new: &[&str]) -> (usize, usize) {
    let most = old.len() + new.len();
    for sum in 1..=most.min(FAR) {
        for removed in 0..=sum.min(old.len()) {
            let added = sum - removed;
            if added <= new.len() && old.get(removed) == new.get(added) {
                return (removed, added);
            }
        }
    }
    (old.len(), new.len())
}

/// How many lines both texts begin with.
fn common(old: &[&str], new: &[&str]) -> usize {
    old.iter().zip(new).take_while(|(a, b)| a == b).count()
}

/// Lines shown around a change.
const CONTEXT: usize = 2;

/// Changes that reach further are shown as one.
const FAR: usize = 400;

/// Fixes that make room for others come in this many rounds at most.
const ROUNDS: usize = 10;

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn a_difference_shows_the_lines_around_it() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let after = before.replace("b\n", "B\n").replace("h\n", "h\ni\n");
        assert_eq!(
            diff("x", "fixed", before, &after),
            "--- x\n+++ x (fixed)\n@@ -1,4 +1,4 @@\n a\n-b\n+B\n c\n d\n@@ -7,2 +7,3 @@\n g\n h\n+i\n"
        );
    }

    #[test]
    fn texts_that_differ_in_all_lines_are_one_change() {
        assert_eq!(
            diff("x", "fixed", "a\n", "b\nc\n"),
            "--- x\n+++ x (fixed)\n@@ -1,1 +1,2 @@\n-a\n+b\n+c\n"
        );
    }
}
