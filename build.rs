//! Prepares the sources of the crates that a generated app carries in `vendor/`; the
//! program embeds them and the templates with `include_dir!`.
//!
//! In the published package `crates/` is absent: then the folder is empty and new apps take the
//! runtime from the registry.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The crates a generated app needs, the sandbox for its tests, in the order they depend on each
/// other.
const VENDORED: [&str; 5] = [
    "connect-core",
    "connect-validator",
    "connect-store",
    "connect-sandbox",
    "connect-runtime",
];

#[expect(
    clippy::disallowed_methods,
    reason = "a build script gets its settings from the environment"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=templates");

    let vendored = out.join("vendor");
    // What an earlier build left and no crate has any more must not be embedded.
    if vendored.exists() {
        fs::remove_dir_all(&vendored)?;
    }
    fs::create_dir_all(&vendored)?;
    vendor(&root, &vendored)
}

/// Writes a file and the folders above it.
fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    Ok(())
}

/// Copies the sources below a folder, without tests.
fn copy_sources(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if name == "tests" || name == "tests.rs" {
            continue;
        }
        if path.is_dir() {
            copy_sources(&path, &to.join(name))?;
        } else {
            write(&to.join(name), &fs::read_to_string(path)?)?;
        }
    }
    Ok(())
}

/// The runtime crates, cut down to what an app needs: sources without tests, manifests without
/// dev-dependencies, and a workspace manifest for what they inherit.
fn vendor(root: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let crates = root.join("crates");
    if !VENDORED.iter().all(|name| crates.join(name).is_dir()) {
        return Ok(());
    }
    println!("cargo::rerun-if-changed=Cargo.toml");
    let mut inherited = BTreeSet::new();
    for name in VENDORED {
        println!("cargo::rerun-if-changed=crates/{name}");
        let (folder, out) = (crates.join(name), out.join(name));
        copy_sources(&folder.join("src"), &out.join("src"))?;
        let manifest = cut_manifest(&fs::read_to_string(folder.join("Cargo.toml"))?);
        inherited.extend(inherited_dependencies(&manifest));
        write(&out.join("Cargo.toml"), &manifest)?;
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    write(
        &out.join("Cargo.toml"),
        &workspace_manifest(&manifest, &inherited)?,
    )
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
