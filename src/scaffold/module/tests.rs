//! Modules added to apps as `connect new` makes them, in memory.

use std::collections::BTreeMap;

use connect_core::AppKey;
use connect_validator::{Options, PlaceError, Product, check, check_manifest, module_kinds};

use super::kinds::KINDS;
use super::*;
use crate::scaffold::{Answers, AppName, RuntimeSource, find};

/// Files of an app.
type Files = BTreeMap<String, String>;

fn app(template: &str, product: &str) -> Files {
    let template = find(template).unwrap();
    let answers = Answers {
        name: AppName::parse("hello").unwrap(),
        key: AppKey::parse("com.acme.hello").unwrap(),
        product: product.to_owned(),
        store: "sqlite".to_owned(),
        runtime: RuntimeSource::Registry,
    };
    let files = crate::scaffold::plan(template, &answers).unwrap();
    files
        .into_iter()
        .map(|file| (file.path, file.text))
        .collect()
}

fn addition(name: &str, product: Product) -> Addition {
    Addition {
        kind: kind(name).unwrap(),
        product,
        key: None,
        name: None,
        url: None,
        location: None,
        event: None,
        with_code: true,
    }
}

fn planned(files: &Files, addition: &Addition) -> Result<Plan, AddError> {
    let read = |path: &str| files.get(path).cloned();
    plan(&App::of(&read, addition.product)?, addition)
}

fn add(files: &mut Files, addition: &Addition) {
    let planned = planned(files, addition).unwrap_or_else(|error| {
        panic!("{}: {error}: {error:?}", addition.kind.name);
    });
    for change in planned.changes {
        assert_eq!(files.get(&change.path).cloned(), change.before);
        files.insert(change.path, change.after);
    }
}

fn refused(files: &Files, addition: &Addition) -> String {
    planned(files, addition).unwrap_err().to_string()
}

#[test]
fn every_type_of_the_validator_has_a_row_and_no_other() {
    let known: Vec<_> = module_kinds().map(|kind| kind.name).collect();
    let rows: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(rows, known);
}

/// Adds modules of these types and holds the descriptor as a whole.
fn add_all(template: &str, product: Product, kinds: &[&'static str]) {
    let name = product.name().to_lowercase();
    let mut files = app(template, &name);
    for kind in kinds {
        let mut addition = addition(kind, product);
        // The template for webhooks has one of the usual event.
        addition.event = (*kind == "webhooks").then(|| "comment_created".to_owned());
        add(&mut files, &addition);
    }
    let report = check(&files[DESCRIPTORS[0]], &Options::default());
    assert_eq!(report.findings, [], "{template} for {product}");
    assert_eq!(report.product, Some(product));
}

#[test]
fn every_type_can_be_added_one_after_the_other_and_hosts_find_no_fault() {
    for product in [Product::Jira, Product::Confluence] {
        let kinds = module_kinds().filter(|kind| kind.products.contains(&product));
        let kinds: Vec<_> = kinds.map(|kind| kind.name).collect();
        assert!(kinds.len() > 15, "{kinds:?}");
        add_all("page", product, &kinds);
    }
}

#[test]
fn every_template_takes_a_page_and_a_worker() {
    for template in ["admin", "connect-and-forge", "minimal", "panel", "webhook"] {
        add_all(template, Product::Jira, &["jiraProjectPages", "webhooks"]);
        add_all(
            template,
            Product::Confluence,
            &["spaceToolsTabs", "webhooks"],
        );
    }
    add_all(
        "macro",
        Product::Confluence,
        &["spaceToolsTabs", "webhooks"],
    );
}

#[test]
fn only_lines_are_added_to_a_descriptor() {
    let mut files = app("page", "jira");
    let before = files[DESCRIPTORS[0]].clone();
    add(&mut files, &addition("jiraProjectPages", Product::Jira));
    let after = &files[DESCRIPTORS[0]];
    let mut rest = after.lines();
    for line in before.lines() {
        // A comma is all that a line may gain.
        let kept = |other: &&str| *other == line || other.strip_suffix(',') == Some(line);
        assert!(rest.any(|other| kept(&other)), "{line}\n{after}");
    }
}

#[test]
fn the_manifest_that_stands_for_the_descriptor_gets_the_module_too() {
    for (product, name) in [(Product::Jira, "jira"), (Product::Confluence, "confluence")] {
        let mut files = app("connect-and-forge", name);
        let before = files["manifest.yml"].clone();
        let mut added = Vec::new();
        for kind in module_kinds().filter(|kind| kind.products.contains(&product)) {
            let addition = addition(kind.name, product);
            // Not every type of Connect is one of Forge's manifests.
            match planned(&files, &addition) {
                Ok(_) => add(&mut files, &addition),
                Err(AddError::Descriptor {
                    file: "manifest.yml",
                    ..
                }) => continue,
                Err(error) => panic!("{}: {error}", kind.name),
            }
            added.push(kind.name);
        }
        for common in [
            "adminPages",
            "generalPages",
            "webItems",
            "webPanels",
            "webhooks",
        ] {
            assert!(added.contains(&common), "{added:?}");
        }
        let findings = |text: &str| check_manifest(text, &Options::default()).findings.len();
        let after = &files["manifest.yml"];
        assert_eq!(findings(after), findings(&before), "{after}");
        assert!(
            after.contains("- key: comment-created") || after.contains("-updated\n"),
            "{after}"
        );
        for line in before.lines() {
            assert!(after.lines().any(|other| other == line), "{line}");
        }
    }
}

#[test]
fn lines_end_as_they_did() {
    let (mut unix, mut windows) = (app("page", "jira"), app("page", "jira"));
    for text in windows.values_mut() {
        *text = text.replace('\n', "\r\n");
    }
    for name in ["jiraReports", "webhooks"] {
        add(&mut unix, &addition(name, Product::Jira));
        add(&mut windows, &addition(name, Product::Jira));
    }
    for file in ["src/app.rs", "src/tests/mod.rs", DESCRIPTORS[0]] {
        assert_eq!(windows[file], unix[file].replace('\n', "\r\n"), "{file}");
    }
}

#[test]
fn a_webhook_brings_the_scope_that_it_needs() {
    let mut files = app("minimal", "jira");
    assert!(files[DESCRIPTORS[0]].contains("\"scopes\": []"));
    add(&mut files, &addition("webhooks", Product::Jira));
    assert!(files[DESCRIPTORS[0]].contains("\"scopes\": [\"READ\"]"));
}

#[test]
fn in_an_app_for_both_each_half_has_its_modules() {
    let mut files = app("page", "both");
    let read = |path: &str| files.get(path).cloned();
    let products = App::of(&read, Product::Jira).unwrap().products();
    assert_eq!(products, [Product::Jira, Product::Confluence]);
    let jira = files[DESCRIPTORS[0]].clone();
    add(&mut files, &addition("spaceToolsTabs", Product::Confluence));
    assert_eq!(files[DESCRIPTORS[0]], jira);
    assert!(files[DESCRIPTORS[1]].contains("/space-tools-tab"));
    let test = &files["src/tests/space_tools_tab.rs"];
    assert!(test.contains("World::of(Product::Confluence)"), "{test}");
}

#[test]
fn names_of_people_stay_text_wherever_they_stand() {
    let mut files = app("page", "jira");
    let mut odd = addition("generalPages", Product::Jira);
    odd.name = Some("\"{x}\" <b> & $KEY".to_owned());
    odd.key = Some("odd".to_owned());
    add(&mut files, &odd);
    let descriptor = &files[DESCRIPTORS[0]];
    assert!(
        descriptor.contains(r#""\"{x}\" <b> & $KEY""#),
        "{descriptor}"
    );
    let view = &files["views/odd.hbs"];
    let heading = "<h1>\"&#123;x}\" &lt;b&gt; &amp; $KEY</h1>";
    assert!(view.contains(heading), "{view}");
}

#[test]
fn without_its_code_any_app_gets_its_entry() {
    let descriptor = app("page", "jira").remove(DESCRIPTORS[0]).unwrap();
    let files = Files::from([(DESCRIPTORS[0].to_owned(), descriptor)]);
    let mut module = addition("jiraReports", Product::Jira);
    assert_eq!(
        refused(&files, &module),
        "`views/layout.hbs` is not recognised"
    );
    module.with_code = false;
    let planned = planned(&files, &module).unwrap();
    assert_eq!(planned.changes.len(), 1);
    assert_eq!(planned.left, Some(("GET", "/report".to_owned())));
}

#[test]
fn what_cannot_be_added_is_refused_with_its_reason() {
    let files = app("page", "jira");
    let with = |change: &dyn Fn(&mut Addition)| {
        let mut addition = addition("generalPages", Product::Jira);
        change(&mut addition);
        refused(&files, &addition)
    };
    let some = |text: &str| Some(text.to_owned());
    for (message, expected) in [
        (
            with(&|it| it.key = some("hello")),
            "a module with the key `hello` is there already",
        ),
        (
            with(&|it| it.url = some("/hello")),
            "a route `/hello` is there already",
        ),
        (
            with(&|it| it.key = some("a b")),
            "`a b` cannot be the module's key",
        ),
        (
            with(&|it| it.key = some("fn")),
            "`fn` cannot be the module's key",
        ),
        (
            with(&|it| it.key = some("1st")),
            "`1st` cannot be the module's key",
        ),
        (
            with(&|it| it.key = some("world")),
            "`src/tests/world.rs` is there already",
        ),
        (
            with(&|it| it.key = some("serde-json")),
            "something called `serde_json` in `src/app.rs` is there already",
        ),
        (
            with(&|it| it.name = some(" ")),
            "`` cannot be the module's name",
        ),
        (
            with(&|it| it.url = some("report")),
            "`report` cannot be the module's address",
        ),
        (
            with(&|it| it.url = some("/{issue.key}")),
            "`/{issue.key}` cannot be the module's address",
        ),
        (
            with(&|it| it.url = some("/a\"b")),
            "`/a\"b` cannot be the module's address",
        ),
        (
            with(&|it| it.event = some("x")),
            "`x` cannot be the module's event",
        ),
        (
            with(&|it| it.location = some("system.top.navigation.baz")),
            "`atlassian-connect.json` would not hold",
        ),
        (
            with(&|it| it.url = some("https://a.example")),
            "`atlassian-connect.json` would not hold",
        ),
        (
            with(&|it| it.kind = kind("blueprints").unwrap()),
            "Jira has no `blueprints`",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn an_app_that_is_not_as_it_was_made_is_left_alone() {
    let webhook = addition("webhooks", Product::Jira);
    let page = addition("generalPages", Product::Jira);
    for (file, from, to, addition) in [
        ("src/app.rs", "-> Routes", "-> Router", &page),
        (
            "src/app.rs",
            "(builder: Builder)",
            "(it: Builder)",
            &webhook,
        ),
        ("src/tests/mod.rs", "mod world;", "mod kit;", &page),
    ] {
        let mut files = app("page", "jira");
        let text = files[file].replacen(from, to, 1);
        assert_ne!(text, files[file]);
        files.insert(file.to_owned(), text);
        assert_eq!(
            refused(&files, addition),
            format!("`{file}` is not recognised")
        );
    }
}

#[test]
fn a_descriptor_that_cannot_be_read_is_left_alone() {
    let mut files = app("page", "jira");
    files.insert(DESCRIPTORS[0].to_owned(), "{ \"key\": }".to_owned());
    let module = addition("generalPages", Product::Jira);
    let message = "`atlassian-connect.json` cannot be read";
    assert_eq!(refused(&files, &module), message);
    files.clear();
    assert_eq!(
        refused(&files, &module),
        "there is no `atlassian-connect.json` here"
    );
}

#[test]
fn an_app_has_one_page_to_configure_it() {
    let mut files = app("page", "jira");
    let mut page = addition("configurePage", Product::Jira);
    add(&mut files, &page);
    page.key = Some("other".to_owned());
    let error = planned(&files, &page).unwrap_err();
    assert!(matches!(
        error,
        AddError::Place {
            source: PlaceError::Full,
            ..
        }
    ));
}

#[test]
fn usual_names_are_words() {
    for (kind, name) in [
        ("generalPages", "General page"),
        ("jiraIssueContexts", "Issue context"),
        ("jiraEntityProperties", "Entity property"),
        ("configurePage", "Configure page"),
        ("serviceDeskQueues", "Service desk queue"),
    ] {
        assert_eq!(usual_name(kind), name);
    }
}
