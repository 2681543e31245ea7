//! Laws of this repository that no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which crate may depend on which of ours. A new edge is a change here and in ARCHITECTURE.md.
const CRATES: &[(&str, &[&str])] = &[
    ("connect-core", &[]),
    ("connect-validator", &["connect-core"]),
    ("connect-store", &["connect-core"]),
    ("connect-runtime", &["connect-core", "connect-store"]),
    ("connect-sandbox", &["connect-core", "connect-validator"]),
    (
        "connect-cli",
        &[
            "connect-core",
            "connect-sandbox",
            "connect-store",
            "connect-validator",
        ],
    ),
];

/// Which part of `src/` may use which.
const MODULES: &[(&str, &[&str])] = &[
    (
        "call",
        &["context", "error", "http", "inspect", "project", "ui"],
    ),
    (
        "check",
        &[
            "context", "dev", "error", "http", "process", "project", "report", "ui",
        ],
    ),
    (
        "cli",
        &[
            "call", "check", "doctor", "host", "inspect", "project", "scaffold",
        ],
    ),
    (
        "commands",
        &[
            "call", "check", "cli", "context", "dev", "doctor", "editor", "env", "error", "host",
            "http", "info", "inspect", "license", "migrate", "process", "project", "scaffold",
            "tenants", "ui",
        ],
    ),
    ("context", &["cli", "env", "error", "http", "ui"]),
    (
        "dev",
        &[
            "context", "env", "error", "host", "http", "inspect", "process", "project", "proxy",
            "report", "tunnel", "ui",
        ],
    ),
    (
        "doctor",
        &[
            "check", "context", "dev", "env", "error", "host", "http", "process", "project", "ui",
        ],
    ),
    ("editor", &["context", "env", "error", "inspect", "process"]),
    ("env", &[]),
    // It turns the errors of all others into what is shown.
    (
        "error",
        &[
            "host", "http", "inspect", "process", "project", "scaffold", "tenants", "tunnel",
        ],
    ),
    ("host", &["context", "error", "http"]),
    ("http", &["error"]),
    ("info", &["context", "dev", "env", "error", "project"]),
    (
        "inspect",
        &["http", "listen", "project", "proxy", "random", "ui"],
    ),
    (
        "license",
        &[
            "context", "dev", "env", "error", "host", "inspect", "project", "ui",
        ],
    ),
    ("listen", &[]),
    ("main", &["cli", "commands", "context", "error", "ui"]),
    ("migrate", &["check", "context", "error", "project", "ui"]),
    ("process", &[]),
    ("project", &["context", "env", "process", "tunnel"]),
    ("proxy", &["listen"]),
    ("random", &[]),
    ("report", &["ui"]),
    ("scaffold", &["context", "http", "process"]),
    ("tenants", &["context", "env", "error", "project", "ui"]),
    ("tunnel", &["error", "http", "process", "proxy", "random"]),
    ("ui", &["error"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let files = files_below(&root().join(folder)).into_iter().filter(rust);
    files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root()).unwrap().to_path_buf(), text)
        })
        .collect()
}

/// The part of `src/` that a file belongs to.
fn module_of(path: &Path) -> String {
    let first = path.iter().nth(1).unwrap().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// Names after `crate::`, one each, also those in braces.
fn used_modules(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let name = |text: &str| -> String {
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
            text[..end.unwrap_or(text.len())].to_owned()
        };
        match rest.strip_prefix('{') {
            None => {
                used.insert(name(rest));
            }
            Some(list) => {
                // Only the outermost level names modules.
                let mut depth = 0;
                let mut start = true;
                for (index, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && depth == 0 && c.is_alphanumeric() => {
                            used.insert(name(&list[index..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    for (name, allowed) in CRATES {
        let folder = match *name {
            "connect-cli" => root().to_path_buf(),
            name => root().join("crates").join(name),
        };
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let mut table = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                table = line;
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap();
            let ours = dependency.starts_with("connect-");
            if table == "[dependencies]" && ours {
                assert!(
                    allowed.contains(&dependency),
                    "{name} must not depend on {dependency}"
                );
            }
        }
    }
}

#[test]
fn modules_use_each_other_as_the_table_says() {
    let table: BTreeMap<_, _> = MODULES.iter().copied().collect();
    let mut seen = 0;
    for (path, text) in sources("src") {
        let module = module_of(&path);
        let allowed = table
            .get(&*module)
            .unwrap_or_else(|| panic!("{module} is not in the table of modules"));
        for used in used_modules(&text) {
            // `crate::Type` does not occur: the root has modules only.
            seen += 1;
            assert!(
                used == module || allowed.contains(&&*used),
                "{}: `{module}` must not use `{used}`",
                path.display()
            );
        }
    }
    assert!(seen > 50, "the reader of `use` lines finds nothing");
}

#[test]
fn only_its_own_place_does_what_one_place_may_do() {
    for (what, places) in [
        (
            "clippy::disallowed_methods",
            &[
                "src/context.rs",
                "src/dev/app.rs",
                "src/host/upm/mod.rs",
                "src/http.rs",
                "src/process/mod.rs",
            ][..],
        ),
        ("tokio::select!", &["src/dev/run.rs"]),
        ("io::stdout", &["src/ui/mod.rs", "src/ui/outlet.rs"]),
        (
            "io::stderr",
            &["src/process/mod.rs", "src/ui/mod.rs", "src/ui/outlet.rs"],
        ),
        ("Term::stderr", &["src/ui/prompt.rs"]),
    ] {
        for (path, text) in sources("src") {
            let here = path.to_str().unwrap().replace('\\', "/");
            assert!(
                !text.contains(what) || places.contains(&&*here),
                "{here} must not contain `{what}`"
            );
        }
    }
}

#[test]
fn every_error_code_has_a_heading_and_every_heading_a_use() {
    let page = |name: &str| {
        let text = fs::read_to_string(root().join("docs").join(name)).unwrap();
        let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
        headings.map(str::to_owned).collect::<Vec<_>>()
    };
    let (errors, findings) = (page("errors.md"), page("findings.md"));
    let mut sorted = errors.clone();
    sorted.sort();
    assert_eq!(errors, sorted, "docs/errors.md is not sorted by code");

    let all: Vec<_> = sources("src")
        .into_iter()
        .chain(sources("crates"))
        .collect();
    for heading in &errors {
        let quoted = format!("\"{heading}\"");
        assert!(
            all.iter().any(|(_, text)| text.contains(&quoted)),
            "docs/errors.md explains {heading}, which nothing says"
        );
    }
    let families: BTreeSet<_> = errors
        .iter()
        .filter_map(|code| code.split_once('/'))
        .map(|code| code.0)
        .collect();
    let speaking = [
        "src",
        "crates/connect-core/src",
        "crates/connect-runtime/src",
    ];
    for (path, text) in speaking.into_iter().flat_map(sources) {
        let text = text.split("#[cfg(test)]").next().unwrap();
        for quoted in text.split('"').skip(1).step_by(2) {
            let Some((family, name)) = quoted.split_once('/') else {
                continue;
            };
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if families.contains(family) && !name.is_empty() && name.chars().all(plain) {
                assert!(
                    errors.iter().chain(&findings).any(|code| code == quoted),
                    "{}: {quoted} has no heading in docs/errors.md",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_event_has_a_row_in_the_guide() {
    let guide = fs::read_to_string(root().join("docs/guide/events.md")).unwrap();
    let mut seen = 0;
    for (path, text) in sources("src") {
        for call in text.split("ui.event(").skip(1) {
            let Some(name) = call.trim_start().strip_prefix('"') else {
                continue;
            };
            let name = name.split('"').next().unwrap();
            seen += 1;
            assert!(
                guide.contains(&format!("| `{name}`")),
                "{}: the event `{name}` has no row in docs/guide/events.md",
                path.display()
            );
        }
    }
    assert!(seen > 10, "the reader of events finds nothing");
}

#[test]
fn the_published_package_holds_every_template_file() {
    let listed = packaged_files();
    for path in files_below(&root().join("templates")) {
        let path = path.strip_prefix(root()).unwrap();
        let path = path.to_str().unwrap().replace('\\', "/");
        assert!(listed.contains(&path), "{path} would not be published");
    }
    assert!(listed.contains("build.rs"));
    assert!(!listed.iter().any(|path| path.starts_with("crates/")));
}

/// What `cargo package` would put into the archive.
#[expect(clippy::disallowed_methods, reason = "cargo alone knows its own rules")]
fn packaged_files() -> BTreeSet<String> {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "package",
            "--list",
            "--allow-dirty",
            "--offline",
            "-p",
            "connect-cli",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.replace('\\', "/")).collect()
}

#[test]
fn every_file_is_within_reach_of_one_reader() {
    for (path, text) in sources("src") {
        let lines = text.lines().count();
        let limit = if path.ends_with("tests.rs") { 800 } else { 500 };
        assert!(lines <= limit, "{} has {lines} lines", path.display());
    }
    for name in ["dev.rs", "new/mod.rs", "sandbox/mod.rs", "validate.rs"] {
        let path = root().join("src/commands").join(name);
        let lines = fs::read_to_string(path).unwrap().lines().count();
        assert!(lines <= 150, "src/commands/{name} has {lines} lines");
    }
}
