//! The same descriptors before different judges: our tables, our JSON Schema, and a published schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use connect_validator::{Finding, Level, Options, Product, check, schema};
use serde_json::Value;

use crate::corpus::samples;
use crate::mutate::{Dice, mutate};

/// Findings of level error that a schema can say too.
const SHAPE: &[&str] = &[
    "base-url/invalid",
    "condition/empty",
    "descriptor/format",
    "descriptor/missing-field",
    "descriptor/out-of-range",
    "descriptor/too-long",
    "descriptor/unknown-field",
    "descriptor/unknown-value",
    "descriptor/wrong-type",
    "module/unknown-type",
    "module/wrong-product",
    "scope/unknown",
];

fn options(product: Option<Product>) -> Options {
    Options {
        product,
        ..Options::default()
    }
}

/// Our own schema takes and refuses exactly what the tables do.
#[test]
fn schema_and_tables_give_the_same_verdict() {
    let products = [Product::Bitbucket, Product::Confluence, Product::Jira];
    for product in products {
        let schema = schema::descriptor(Some(product));
        let validator = jsonschema::draft202012::new(&schema).expect("a sound schema");
        let (mut refused, mut taken) = (0, 0);
        for (name, descriptor) in descriptors(2_000) {
            let source = descriptor.to_string();
            let report = check(&source, &options(Some(product)));
            let ours: Vec<&Finding> = report
                .findings
                .iter()
                .filter(|f| f.level == Level::Error && SHAPE.contains(&f.code))
                .collect();
            let theirs: Vec<String> = validator
                .iter_errors(&descriptor)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(
                ours.is_empty(),
                theirs.is_empty(),
                "{product} {name}\n{descriptor:#}\ntables: {ours:#?}\nschema: {theirs:#?}"
            );
            if ours.is_empty() {
                taken += 1
            } else {
                refused += 1
            }
        }
        println!("{product}: {taken} taken and {refused} refused by both");
        assert!(taken > 0 && refused > 0);
    }
}

/// The samples that are JSON, then as many mutated ones as asked for.
fn descriptors(mutated: usize) -> Vec<(String, Value)> {
    let sound: Vec<(String, Value)> = samples()
        .into_iter()
        .filter_map(|sample| {
            let mut source = sample.source;
            for (placeholder, value) in FILLED {
                source = source.replace(placeholder, value);
            }
            let is_filled = !["{{", "{%", "__"].iter().any(|rest| source.contains(rest));
            Some((
                sample.name,
                serde_json::from_str(&source).ok().filter(|_| is_filled)?,
            ))
        })
        .filter(|(_, value): &(String, Value)| {
            value.is_object() && value.get("capabilities").is_none()
        })
        .collect();
    let mut all = sound.clone();
    for seed in 0..mutated {
        let mut dice = Dice::new(seed as u64 + 1);
        let (name, mut value) = sound[dice.roll(sound.len())].clone();
        for _ in 0..=dice.roll(3) {
            mutate(&mut value, &mut dice);
        }
        if value.is_object() && value.get("capabilities").is_none() {
            all.push((format!("{name} #{seed}"), value));
        }
    }
    all
}

/// The published schema does not know placeholders.
const FILLED: &[(&str, &str)] = &[
    ("{{localBaseUrl}}", "https://app.example"),
    ("${addon.base-url}", "https://app.example"),
    ("{{appKey}}", "app.key"),
    ("${addon.key}", "app.key"),
    ("{{environment}}", "development"),
];

/// A kind of disagreement with the published schema, and whether an error is of it.
type Kind<E> = (&'static str, fn(&Value, &E) -> bool);

/// Errors of ours where the schema has none.
const OURS: &[Kind<Finding>] = &[
    (
        "ours: conditions, where its `anyOf` takes any object",
        |_, f| f.pointer.contains("onditions"),
    ),
    ("ours: a module type that no host knows", |_, f| {
        f.code == "module/unknown-type"
    }),
    ("ours: a module type of another product", |_, f| {
        f.code == "module/wrong-product"
    }),
    ("ours: a module type newer than the schema", |schema, f| {
        newer(schema, &f.pointer)
    }),
    ("ours: an empty base URL, which hosts refuse", |_, f| {
        f.code == "base-url/invalid"
    }),
    ("ours: a length limit newer than the schema", |_, f| {
        f.code == "descriptor/too-long"
    }),
    ("ours: a value in `links` that is no text", |_, f| {
        f.pointer.starts_with("/links/")
    }),
];

/// Errors of the schema where we have none: (place, text).
const THEIRS: &[Kind<(String, String)>] = &[
    (
        "theirs: it knows one of three API migrations",
        |_, (at, _)| at == "/apiMigrations",
    ),
    ("theirs: it knows nine locales", |_, (at, _)| {
        at == "/translations/paths"
    }),
    (
        "theirs: nested conditions, its reference leads to the whole descriptor",
        |_, (at, _)| at.contains("onditions"),
    ),
];

/// The kind of the last error, if each of them is of some kind.
fn kind_of<'e, E: 'e>(
    schema: &Value,
    errors: impl Iterator<Item = &'e E>,
    kinds: &[Kind<E>],
) -> Option<&'static str> {
    let mut named = None;
    for error in errors {
        named = Some(kinds.iter().find(|(_, is)| is(schema, error))?.0);
    }
    named
}

/// Whether the place is within a module of a type that the schema does not have.
fn newer(schema: &Value, pointer: &str) -> bool {
    let mut steps = pointer.split('/').skip(1);
    let is_module = steps.next() == Some("modules");
    let modules = &schema["properties"]["modules"]["properties"];
    steps
        .next()
        .is_some_and(|name| is_module && modules.get(name).is_none())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads a schema from disk")]
fn every_disagreement_with_the_schema_of_2019_is_of_a_known_kind() {
    let folder = std::env::var_os("CONNECT_SCHEMAS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/schemas"),
        PathBuf::from,
    );
    let path = folder.join("jira-global-schema.2019.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!(
            "no schema at {}: nothing to compare with (CONNECT_SCHEMAS names its folder)",
            path.display()
        );
        return;
    };
    let schema: Value = serde_json::from_str(&text).expect("a schema");
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .should_validate_formats(false)
        .build(&schema)
        .expect("a sound schema");
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unknown = Vec::new();
    let all = descriptors(5_000);
    for (name, descriptor) in &all {
        let report = check(&descriptor.to_string(), &options(Some(Product::Jira)));
        let is_shape = |f: &&Finding| f.level == Level::Error && SHAPE.contains(&f.code);
        let ours: Vec<&Finding> = report.findings.iter().filter(is_shape).collect();
        let place = |error: jsonschema::ValidationError<'_>| {
            (
                error.instance_path().to_string(),
                error.masked().to_string(),
            )
        };
        let theirs: Vec<(String, String)> = validator.iter_errors(descriptor).map(place).collect();
        let kind = match (ours.is_empty(), theirs.is_empty()) {
            (true, true) => Some("both take it"),
            (false, false) => Some("both refuse it"),
            (false, true) => kind_of(&schema, ours.iter().copied(), OURS),
            (true, false) => kind_of(&schema, theirs.iter(), THEIRS),
        };
        match kind {
            Some(kind) => *kinds.entry(kind).or_default() += 1,
            None => unknown.push(format!("{name}\nours: {ours:#?}\ntheirs: {theirs:#?}")),
        }
    }
    println!("{} descriptors", all.len());
    kinds
        .iter()
        .for_each(|(kind, count)| println!("{count:6} {kind}"));
    assert!(
        unknown.is_empty(),
        "{} of no known kind, such as {}",
        unknown.len(),
        unknown[0]
    );
}
