//! The events of `--json` against their schema.

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, fetch};
use crate::support::session::Session;

fn schema() -> Value {
    let output = TestEnv::new()
        .connect(&["schema", "events"])
        .assert()
        .success();
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

/// Whether a value is of one of the types of a schema; what it says besides is not used here.
fn is_of_type(value: &Value, schema: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        other => panic!("an unknown type: {other}"),
    };
    match (&schema["const"], &schema["type"]) {
        (Value::Null, Value::Array(types)) => types.iter().any(is),
        (Value::Null, name) => is(name),
        (fixed, _) => value == fixed,
    }
}

fn fits(event: &Value, shape: &Value) -> bool {
    let required = shape["required"].as_array().unwrap().iter();
    let properties = shape["properties"].as_object().unwrap();
    required
        .map(|name| name.as_str().unwrap())
        .all(|name| event.get(name).is_some())
        && properties.iter().all(|(name, schema)| {
            event
                .get(name)
                .is_none_or(|value| is_of_type(value, schema))
        })
}

fn name_of(shape: &Value) -> Option<&str> {
    shape["properties"]["event"]["const"].as_str()
}

#[test]
fn what_a_session_says_is_as_the_schema_has_it() {
    let schema = schema();
    let shapes = schema["anyOf"].as_array().unwrap();
    let host = FakeHost::start();
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let mut session = Session::start(&env, &["--exec", &app::command()]);
    let ready = session.wait_for("ready");
    fetch("GET", &format!("{}/pid", ready["app"].as_str().unwrap()));
    env.write("atlassian-connect.json", "{");
    session.wait_for("error");
    env.write("config.json", "{ development: { errorTemplate: false } }");
    session.wait_for("settings.changed");
    let ended = session.interrupt();
    assert!(ended.events.len() > 6, "{:?}", ended.events);
    for event in &ended.events {
        assert_eq!(event["v"], 1);
        let mut shapes = shapes
            .iter()
            .filter(|shape| name_of(shape) == event["event"].as_str());
        assert!(
            shapes.any(|shape| fits(event, shape)),
            "{event} is of no shape"
        );
    }
}

#[test]
fn the_guide_and_the_schema_know_the_same_events() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guide/events.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut told: Vec<_> = rows.map(|row| row.split('`').next().unwrap()).collect();
    let schema = schema();
    let shapes = schema["anyOf"].as_array().unwrap();
    let mut known: Vec<_> = shapes.iter().filter_map(name_of).collect();
    for names in [&mut told, &mut known] {
        names.sort_unstable();
        names.dedup();
    }
    assert_eq!(told, known);
}
