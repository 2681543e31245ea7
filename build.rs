//! Embeds the templates of `connect new`, and the sources of the runtime crates that a generated
//! app carries in `vendor/`.
//!
//! It writes two tables of (path, text) pairs. In the published package `crates/` is absent: then
//! the second table is empty and new apps take the runtime from the registry.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The crates a generated app needs, in the order they depend on each other.
const VENDORED: [&str; 3] = ["connect-core", "connect-store", "connect-runtime"];

#[expect(
    clippy::disallowed_methods,
    reason = "a build script gets its settings from the environment"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=templates");

    let mut code = String::new();
    let templates = files_below(&root.join("templates"))?;
    write_table(&mut code, "TEMPLATES", &templates)?;
    let vendored = vendor(&root, &out.join("vendor"))?;
    write_table(&mut code, "VENDOR", &vendored)?;
    fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

/// Writes `name` as a table of the files, each under its path with forward slashes.
fn write_table(
    code: &mut String,
    name: &str,
    files: &[(String, PathBuf)],
) -> Result<(), Box<dyn Error>> {
    writeln!(code, "pub(crate) static {name}: &[(&str, &str)] = &[")?;
    for (path, file) in files {
        let file = file
            .to_str()
            .ok_or("the path to this repository is no UTF-8")?;
        writeln!(code, "    ({path:?}, include_str!({file:?})),")?;
    }
    writeln!(code, "];")?;
    Ok(())
}

/// Every file below a folder with its path relative to it, sorted; none if there is no folder.
fn files_below(folder: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let relative = path.strip_prefix(folder)?;
            let parts: Option<Vec<_>> = relative.iter().map(|part| part.to_str()).collect();
            let parts = parts.ok_or("a file name is no UTF-8")?;
            found.push((parts.join("/"), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}

/// The runtime crates, cut down to what an app needs: sources without tests, manifests without
/// dev-dependencies, and a workspace manifest for what they inherit.
fn vendor(root: &Path, out: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let crates = root.join("crates");
    if !VENDORED.iter().all(|name| crates.join(name).is_dir()) {
        return Ok(Vec::new());
    }
    fs::create_dir_all(out)?;
    println!("cargo::rerun-if-changed=Cargo.toml");
    let mut files = Vec::new();
    let mut inherited = BTreeSet::new();
    for name in VENDORED {
        println!("cargo::rerun-if-changed=crates/{name}");
        let folder = crates.join(name);
        for (path, file) in files_below(&folder.join("src"))? {
            if !path
                .split('/')
                .any(|part| part == "tests.rs" || part == "tests")
            {
                files.push((format!("{name}/src/{path}"), file));
            }
        }
        let manifest = cut_manifest(&fs::read_to_string(folder.join("Cargo.toml"))?);
        inherited.extend(inherited_dependencies(&manifest));
        let written = out.join(format!("{name}.toml"));
        fs::write(&written, manifest)?;
        files.push((format!("{name}/Cargo.toml"), written));
    }
    let written = out.join("workspace.toml");
    let root_manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    fs::write(&written, workspace_manifest(&root_manifest, &inherited)?)?;
    files.push(("Cargo.toml".to_owned(), written));
    files.sort();
    Ok(files)
}

/// A crate's manifest with the tables a dependent needs.
fn cut_manifest(manifest: &str) -> String {
    tables(manifest)
        .into_iter()
        .filter(|(header, _)| {
            let kept = ["package", "lib", "features", "dependencies", "lints"];
            let target = header.starts_with("target.") && header.ends_with(".dependencies");
            target
                || kept
                    .iter()
                    .any(|name| header == name || header.starts_with(&format!("{name}.")))
        })
        .map(|(_, text)| text)
        .collect()
}

/// Names of the dependencies a manifest takes from its workspace.
fn inherited_dependencies(manifest: &str) -> BTreeSet<String> {
    manifest
        .lines()
        .filter(|line| line.contains("workspace = true"))
        .filter_map(|line| line.split(['=', '.', ' ']).next())
        .map(str::to_owned)
        .collect()
}

/// The root manifest cut down to what the vendored crates inherit.
fn workspace_manifest(root: &str, inherited: &BTreeSet<String>) -> Result<String, Box<dyn Error>> {
    let mut text = format!("[workspace]\nmembers = {VENDORED:?}\nresolver = \"3\"\n\n");
    for (header, table) in tables(root) {
        if header == "workspace.package" || header.starts_with("workspace.lints") {
            text.push_str(&table);
        } else if header == "workspace.dependencies" {
            text.push_str("[workspace.dependencies]\n");
            for line in table.lines() {
                let name = line.split([' ', '=']).next().unwrap_or_default();
                if inherited.contains(name) {
                    writeln!(text, "{}", line.replace("\"crates/", "\""))?;
                }
            }
            text.push('\n');
        }
    }
    Ok(text)
}

/// The tables of a manifest in order, each with its header and its text. Our own manifests have
/// each header and each dependency on a line of its own, which is all this reads.
fn tables(manifest: &str) -> Vec<(String, String)> {
    let mut tables: Vec<(String, String)> = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            let header = line.trim_matches(['[', ']', ' ']).to_owned();
            tables.push((header, String::new()));
        }
        if let Some((_, text)) = tables.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    tables
}
