//! The JSON Schema that `--schema` names: a file, or an address that is asked once a day.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use connect_validator::{CustomSchema, CustomSchemaError};
use url::Url;

use super::rewrite::write_whole;
use super::target::{Source, fetch};
use crate::context::Context;
use crate::error::{CliError, Place};

/// Reads the schema and makes it ready.
///
/// # Errors
/// When it cannot be read, neither there nor in the copy kept from before, or is no schema.
pub(super) fn load(source: &Source, context: &Context) -> Result<CustomSchema, CliError> {
    let name = source.name(context);
    let Source::Url(url) = source else {
        return parse(&name, &source.read(context)?);
    };
    let copy = copy_of(url, context);
    let copied = |copy: &Path| parse(&name, &fs::read_to_string(copy).ok()?).ok();
    if let Some(copy) = copy.as_deref().filter(|copy| age(copy) < FRESH)
        && let Some(schema) = copied(copy)
    {
        return Ok(schema);
    }
    match fetch(url, "the schema", context) {
        Ok(text) => {
            let schema = parse(&name, &text)?;
            if let Some(copy) = copy
                && let Err(error) = keep(&copy, &text)
            {
                let shown = copy.display();
                context
                    .ui
                    .warning(&format!("cannot keep the schema as `{shown}`: {error}"));
            }
            Ok(schema)
        }
        Err(error) => {
            let kept = copy.and_then(|copy| Some((age(&copy), copied(&copy)?)));
            let Some((age, schema)) = kept else {
                return Err(error);
            };
            let why = error.causes.first().unwrap_or(&error.message);
            let days = usize::try_from(age.as_secs() / (24 * 60 * 60)).unwrap_or(usize::MAX);
            let copy = match age {
                Duration::MAX => "an older copy".to_owned(),
                _ => format!("the copy of {} ago", super::count(days, "day")),
            };
            context
                .ui
                .warning(&format!("{name} cannot be read ({why}): taking {copy}"));
            Ok(schema)
        }
    }
}

fn parse(name: &str, text: &str) -> Result<CustomSchema, CliError> {
    CustomSchema::parse(text).map_err(|error| {
        let shown = CliError::user(
            "schema/invalid",
            format!("{name} is no JSON Schema that can be used"),
        )
        .cause(&error);
        match error {
            CustomSchemaError::NotJson { line, column, .. } => shown.at(Place {
                file: name.to_owned(),
                line: u32::try_from(line).unwrap_or(u32::MAX),
                column: u32::try_from(column).unwrap_or(u32::MAX),
            }),
            CustomSchemaError::Reference(_) => {
                shown.hint("bundle the schema with those it refers to into one file")
            }
            _ => shown,
        }
    })
}

/// Where the copy of an address is kept; nowhere if this user has no folder for such things.
fn copy_of(url: &Url, context: &Context) -> Option<PathBuf> {
    // The name is for people, the hash tells addresses apart. Should a later Rust hash otherwise, copies are made anew.
    let mut hash = DefaultHasher::new();
    url.as_str().hash(&mut hash);
    let last = url.path_segments().and_then(|mut steps| steps.next_back());
    let stem = last.unwrap_or_default().trim_end_matches(".json");
    let stem: String = stem
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .take(60)
        .collect();
    let name = format!("{stem}-{:016x}.json", hash.finish());
    Some(context.cache_folder()?.join("schemas").join(name))
}

fn keep(copy: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = copy.parent() {
        fs::create_dir_all(folder)?;
    }
    write_whole(copy, text, None)
}

/// How old a copy is; as old as can be if there is none, or if it is from the future.
fn age(copy: &Path) -> Duration {
    let written = fs::metadata(copy).and_then(|found| found.modified());
    let age = written
        .ok()
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    age.unwrap_or(Duration::MAX)
}

/// A younger copy is taken without asking. Schemas change a few times a year.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);
