//! Whether a new app would stand in a Cargo workspace of somebody else.
//!
//! An app is a workspace of its own, and cargo takes no workspace for a member of another: one that
//! claims the app's folder could not be built any more. Manifests are read for `members` and
//! `exclude` alone; what is not understood claims nothing.

use std::path::{Path, PathBuf};

/// A workspace around a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outer {
    /// Its manifest.
    pub(crate) manifest: PathBuf,
    /// The folder, as the manifest would name it.
    pub(crate) member: String,
    /// Whether the workspace claims the folder.
    pub(crate) claims: bool,
}

/// The nearest workspace above a folder that may not exist yet; `read` has the text of a file.
pub(crate) fn around(folder: &Path, read: impl Fn(&Path) -> Option<String>) -> Option<Outer> {
    folder.ancestors().skip(1).find_map(|above| {
        let manifest = above.join("Cargo.toml");
        let text = read(&manifest)?;
        let table = table(&text)?;
        let parts = folder.strip_prefix(above).ok()?.iter();
        let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
        let member = parts.join("/");
        let claimed = |key, fits: &dyn Fn(&str) -> bool| {
            let all = list(&table, key).into_iter();
            all.map(|path| path.trim_end_matches('/').to_owned())
                .any(|path| fits(&path))
        };
        let excluded = |path: &str| {
            member
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let claims = claimed("members", &|pattern| matches(pattern, &member))
            && !claimed("exclude", &excluded);
        Some(Outer {
            manifest,
            member,
            claims,
        })
    })
}

/// The lines of the table `[workspace]`, without comments, if there is one.
fn table(manifest: &str) -> Option<String> {
    let mut lines = manifest
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim())
        .skip_while(|line| *line != "[workspace]" && !line.starts_with("[workspace."));
    let head = lines.next()?;
    if head != "[workspace]" {
        return Some(String::new());
    }
    let is_table =
        |line: &&str| line.starts_with('[') && line.ends_with(']') && !line.contains('"');
    let own = lines.take_while(|line| !is_table(line));
    Some(own.filter(|line| !line.starts_with('#')).collect())
}

/// The texts in the list of this key.
fn list(table: &str, key: &str) -> Vec<String> {
    let mut found = table.match_indices(key).filter_map(|(at, _)| {
        let list = table[at + key.len()..].trim_start().strip_prefix('=')?;
        list.trim_start().strip_prefix('[')?.split(']').next()
    });
    let Some(list) = found.next() else {
        return Vec::new();
    };
    let texts = list.split(['"', '\'']).skip(1).step_by(2);
    texts.map(str::to_owned).collect()
}

/// Whether a path fits a pattern, in which `*` stands for any part of a name and `**` for any names.
fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let mut wanted = pattern.trim_start_matches("./").split('/');
    loop {
        match (wanted.next(), parts.next()) {
            (Some("**"), _) => return true,
            (Some(wanted), Some(part)) if name_matches(wanted, part) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

fn name_matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(manifest: &str, folder: &str) -> Option<bool> {
        let read = |path: &Path| (path == Path::new("/w/Cargo.toml")).then(|| manifest.to_owned());
        around(&Path::new("/w").join(folder), read).map(|outer| {
            assert_eq!(outer.member, folder);
            outer.claims
        })
    }

    #[test]
    fn a_workspace_claims_what_its_members_name_and_nothing_excluded() {
        let globs = "[package]\nname = \"a\"\n\n[workspace] # all\nmembers = [\n  \"crates/*\", # these\n  'tools/x-*/y',\n]\nexclude = [\"crates/old\"]\n\n[workspace.dependencies]\nmembers = [\"no\"]\n";
        for (folder, expected) in [
            ("crates/hello", true),
            ("crates/old", false),
            ("crates/old/hello", false),
            ("crates/a/b", false),
            ("tools/x-1/y", true),
            ("hello", false),
            ("no", false),
        ] {
            assert_eq!(claims(globs, folder), Some(expected), "{folder}");
        }
        assert_eq!(
            claims("[workspace]\nmembers = [\"**\"]\n", "a/b"),
            Some(true)
        );
        assert_eq!(claims("[workspace]\n", "a"), Some(false));
        assert_eq!(
            claims("[workspace.package]\nedition = \"2024\"\n", "a"),
            Some(false)
        );
    }

    #[test]
    fn a_package_alone_is_no_workspace() {
        assert_eq!(claims("[package]\nname = \"a\"\n", "hello"), None);
        assert_eq!(claims("not toml at all", "hello"), None);
    }
}
