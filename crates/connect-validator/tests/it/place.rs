//! Modules put into descriptors: only lines are added, and what is there keeps its place.

use std::path::Path;

use connect_validator::{
    Options, PlaceError, Product, check, module_kinds, place_in_manifest, place_module,
};

const ENTRY: &str = r#"{"key":"b","name":{"value":"B"},"conditions":[{"condition":"x"}],"tags":["p","q"],"weight":5,"on":true}"#;

fn placed(source: &str) -> String {
    let result = place_module(source, "generalPages", ENTRY).expect("room");
    let twice = place_module(&result, "generalPages", ENTRY);
    assert!(twice.is_ok(), "{result}");
    result
}

#[test]
fn a_module_goes_behind_those_of_its_type_and_comments_stay() {
    let source = r#"{
  // who
  "key": "a",
  "modules": {
    "generalPages": [
      { "key": "a" } // the first
      /* nothing here */
    ],
    "webhooks": []
  }
}
"#;
    let expected = r#"{
  // who
  "key": "a",
  "modules": {
    "generalPages": [
      { "key": "a" }, // the first
      /* nothing here */
      {
        "key": "b",
        "name": {
          "value": "B"
        },
        "conditions": [
          {
            "condition": "x"
          }
        ],
        "tags": ["p", "q"],
        "weight": 5,
        "on": true
      }
    ],
    "webhooks": []
  }
}
"#;
    assert_eq!(placed(source), expected);
}

#[test]
fn a_new_type_goes_behind_the_others_in_the_indentation_of_the_file() {
    let source = "{\r\n\t\"modules\": {\r\n\t\t\"webhooks\": []\r\n\t}\r\n}";
    let entry = r#"{"key":"b"}"#;
    let result = place_module(source, "generalPages", entry).expect("room");
    assert_eq!(
        result,
        "{\r\n\t\"modules\": {\r\n\t\t\"webhooks\": [],\r\n\t\t\"generalPages\": [\r\n\t\t\t{\r\n\t\t\t\t\"key\": \"b\"\r\n\t\t\t}\r\n\t\t]\r\n\t}\r\n}"
    );
    let single = place_module(source, "configurePage", entry).expect("room");
    assert!(
        single.contains("\"configurePage\": {\r\n\t\t\t\"key\""),
        "{single}"
    );
}

#[test]
fn brackets_that_share_a_line_go_on_doing_so() {
    let source =
        "{\n  \"modules\": {\n    \"generalPages\": [{\n      \"key\": \"a\"\n    }]\n  }\n}";
    let result = place_module(source, "generalPages", r#"{"key":"b"}"#).expect("room");
    assert!(
        result.contains("\"key\": \"a\"\n    }, {\n      \"key\": \"b\"\n    }]"),
        "{result}"
    );
}

#[test]
fn one_line_stays_one_line() {
    let entry = r#"{"key":"b"}"#;
    for (source, expected) in [
        (
            r#"{"key":"a"}"#,
            r#"{"key":"a", "modules": { "generalPages": [{ "key": "b" }] }}"#,
        ),
        (
            "{}",
            r#"{ "modules": { "generalPages": [{ "key": "b" }] } }"#,
        ),
        (
            r#"{"modules":{}}"#,
            r#"{"modules":{ "generalPages": [{ "key": "b" }] }}"#,
        ),
        (
            r#"{"modules":{"generalPages":[{"key":"a"}]}}"#,
            r#"{"modules":{"generalPages":[{"key":"a"}, { "key": "b" }]}}"#,
        ),
    ] {
        let result = place_module(source, "generalPages", entry);
        assert_eq!(result.as_deref(), Ok(expected));
    }
}

#[test]
fn empty_brackets_are_opened_and_a_last_comma_is_kept() {
    let entry = r#"{"key":"b"}"#;
    for (inside, expected) in [
        ("[]", "[\n      {\n        \"key\": \"b\"\n      }\n    ]"),
        (
            "[ // none\n    ]",
            "[ // none\n      {\n        \"key\": \"b\"\n      }\n    ]",
        ),
        (
            "[\n      1,\n    ]",
            "[\n      1,\n      {\n        \"key\": \"b\"\n      },\n    ]",
        ),
    ] {
        let source =
            |list: &str| format!("{{\n  \"modules\": {{\n    \"generalPages\": {list}\n  }}\n}}\n");
        let result = place_module(&source(inside), "generalPages", entry);
        assert_eq!(result, Ok(source(expected)));
    }
}

#[test]
fn what_has_no_room_is_refused() {
    for (source, name, module, problem) in [
        ("{", "generalPages", "{}", PlaceError::NotRead),
        ("[]", "generalPages", "{}", PlaceError::NotRead),
        (
            "{\"modules\": []}",
            "generalPages",
            "{}",
            PlaceError::NotRead,
        ),
        (
            "{\"modules\": {\"generalPages\": 1}}",
            "generalPages",
            "{}",
            PlaceError::NotRead,
        ),
        (
            "{\"modules\": {\"generalPages\": {}}}",
            "generalPages",
            "{}",
            PlaceError::Full,
        ),
        (
            "{\"modules\": {\"configurePage\": {}}}",
            "configurePage",
            "{}",
            PlaceError::Full,
        ),
        (
            "{\"modules\": {\"configurePage\": []}}",
            "configurePage",
            "{}",
            PlaceError::NotRead,
        ),
        ("{{#each a}}{}", "generalPages", "{}", PlaceError::NotRead),
        ("{}", "generalPage", "{}", PlaceError::UnknownType),
        ("{}", "repoPages", "{}", PlaceError::UnknownType),
        ("{}", "generalPages", "[]", PlaceError::NotAModule),
        ("{}", "generalPages", "", PlaceError::NotAModule),
    ] {
        assert_eq!(
            place_module(source, name, module),
            Err(problem),
            "{source} {name}"
        );
    }
}

#[test]
fn whatever_a_descriptor_has_it_gains_one_module_and_no_finding() {
    let mut placed = 0;
    for (path, source) in fixtures() {
        let before = check(&source, &Options::default());
        let entry = r#"{"key":"of-this-test","url":"/of-this-test"}"#;
        let Ok(text) = place_module(&source, "dialogs", entry) else {
            continue;
        };
        if before.product == Some(Product::Bitbucket) {
            continue;
        }
        placed += 1;
        let after = check(&text, &Options::default());
        let codes = |report: &connect_validator::Report| -> Vec<_> {
            let codes = report.findings.iter().map(|finding| finding.code);
            codes.filter(|code| *code != "module/none").collect()
        };
        assert_eq!(codes(&before), codes(&after), "{path}\n{text}");
        let kept = text.replace(char::is_whitespace, "").len();
        assert!(
            kept > source.replace(char::is_whitespace, "").len(),
            "{path}"
        );
    }
    assert!(placed > 10, "{placed}");
}

/// The descriptors that each finding has, wrong and right.
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads its fixtures from disk"
)]
fn fixtures() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/descriptors");
    let mut found = Vec::new();
    for kind in ["invalid", "valid"] {
        for entry in std::fs::read_dir(folder.join(kind)).expect("a folder of fixtures") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a text");
            found.push((path.display().to_string(), text));
        }
    }
    found
}

#[test]
fn every_type_is_somebodys() {
    let kinds: Vec<_> = module_kinds().collect();
    assert!(kinds.len() > 60);
    assert!(kinds.iter().all(|kind| !kind.products.is_empty()));
}

const MANIFEST: &str = "connectModules:
  jira:generalPages:
    - key: a
      name:
        value: A

  # others
  jira:webhooks:
  - key: w
    event: jira:issue_created
    # why
modules:
  trigger: []
";

fn in_manifest(source: &str, name: &str, module: &str) -> Result<Option<String>, PlaceError> {
    place_in_manifest(source, Product::Jira, name, module)
}

#[test]
fn a_manifest_gets_its_module_in_block_style() {
    let entry = r#"{"key":"b","name":{"value":"No"},"tags":["p"],"list":[{"x":1,"y":true}],"none":[],"url":"/b?x={y}"}"#;
    let lines = |indent: &str| {
        let block = "- key: b\n  name:\n    value: \"No\"\n  tags:\n    - p\n  list:\n    - x: 1\n      y: true\n  none: []\n  url: \"/b?x={y}\"\n";
        let lines = block.lines().map(|line| format!("{indent}{line}\n"));
        lines.collect::<String>()
    };
    let pages = in_manifest(MANIFEST, "generalPages", entry);
    let expected = MANIFEST.replacen("value: A\n", &format!("value: A\n{}", lines("    ")), 1);
    assert_eq!(pages, Ok(Some(expected)));
    let hooks = in_manifest(MANIFEST, "webhooks", entry);
    let event = "event: jira:issue_created\n";
    let expected = MANIFEST.replacen(event, &format!("{event}{}", lines("  ")), 1);
    assert_eq!(hooks, Ok(Some(expected)));
    let new = in_manifest(MANIFEST, "webItems", entry);
    let more = format!("{event}  jira:webItems:\n{}", lines("    "));
    assert_eq!(new, Ok(Some(MANIFEST.replacen(event, &more, 1))));
    let end = "connectModules:\n  jira:webhooks:\n    - key: w";
    let new = in_manifest(end, "webhooks", r#"{"key":"b"}"#);
    assert_eq!(new, Ok(Some(format!("{end}\n    - key: b\n"))));
}

#[test]
fn a_manifest_that_is_laid_out_otherwise_is_refused() {
    for (source, expected) in [
        ("app: {}\n", Ok(None)),
        (
            "connectModules: { jira:webhooks: [] }\n",
            Err(PlaceError::NotRead),
        ),
        (
            "connectModules:\n  jira:webhooks: [{ key: a }]\n",
            Err(PlaceError::NotRead),
        ),
        (
            "connectModules:\n  jira:webhooks: []\n",
            Err(PlaceError::NotRead),
        ),
        ("connectModules: 1\n", Err(PlaceError::NotRead)),
        ("a: [\n", Err(PlaceError::NotRead)),
    ] {
        assert_eq!(
            in_manifest(source, "webhooks", "{\"key\":\"b\"}"),
            expected,
            "{source}"
        );
    }
    let module = in_manifest(MANIFEST, "webhooks", "[]");
    assert_eq!(module, Err(PlaceError::NotAModule));
}
