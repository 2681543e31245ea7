//! Prepares the sources of the crates that a generated app carries in `vendor/`; the
//! program embeds them in one compressed file, and the templates with `include_dir!`.
//!
//! In the published package `crates/` is absent: then the folder is empty and new apps take the
//! runtime from the registry.

use std::collections::{BTreeMap, BTreeSet};
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
    // For the tests of what is vendored.
    println!("cargo::rustc-env=VENDORED={}", VENDORED.join(" "));

    fs::write(out.join("vendor.deflate"), pack(&vendor(&root)?)?)?;
    Ok(())
}

/// Texts by their paths, with forward slashes.
type Files = BTreeMap<String, String>;

/// All files in one, compressed: a line for each with its length in bytes and its path, an empty
/// line, and their texts.
fn pack(files: &Files) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut packed = String::new();
    for (path, text) in files {
        writeln!(packed, "{} {path}", text.len())?;
    }
    packed.push('\n');
    packed.extend(files.values().map(String::as_str));
    Ok(miniz_oxide::deflate::compress_to_vec(packed.as_bytes(), 10))
}

/// Reads the sources below a folder, without tests.
fn read_sources(from: &Path, to: &str, files: &mut Files) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or("a name that is no text")?;
        let to = format!("{to}/{name}");
        if name == "tests" || name == "tests.rs" {
            continue;
        }
        if path.is_dir() {
            read_sources(&path, &to, files)?;
        } else {
            files.insert(to, fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// The runtime crates, cut down to what an app needs: sources without tests, manifests without
/// dev-dependencies, and a workspace manifest for what they inherit.
fn vendor(root: &Path) -> Result<Files, Box<dyn Error>> {
    let mut files = Files::new();
    let crates = root.join("crates");
    if !VENDORED.iter().all(|name| crates.join(name).is_dir()) {
        return Ok(files);
    }
    println!("cargo::rerun-if-changed=Cargo.toml");
    let mut inherited = BTreeSet::new();
    for name in VENDORED {
        println!("cargo::rerun-if-changed=crates/{name}");
        let folder = crates.join(name);
        read_sources(&folder.join("src"), &format!("{name}/src"), &mut files)?;
        let manifest = cut_manifest(&fs::read_to_string(folder.join("Cargo.toml"))?);
        inherited.extend(inherited_dependencies(&manifest));
        files.insert(format!("{name}/Cargo.toml"), manifest);
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let manifest = workspace_manifest(&manifest, &inherited)?;
    files.insert("Cargo.toml".to_owned(), manifest);
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
