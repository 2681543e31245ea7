//! The events of `--json`, as a JSON Schema: a contract with scripts.
//!
//! Fields and events may be added, so unknown ones are no mistake; what is there stays as it is
//! until `v` is another number. `docs/guide/events.md` says when each of them comes.

use serde_json::{Map, Value, json};

use crate::ui::events::Kind::{Boolean, Fault, Number, Object, Text, TextOrNone, Texts};

/// What a field holds.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Boolean,
    /// Present when the fault is in a file.
    Fault,
    Number,
    Object,
    Text,
    TextOrNone,
    Texts,
}

type Event = (&'static str, &'static [(&'static str, Kind)]);

/// The JSON Schema (draft 2020-12) of one line.
pub(crate) fn schema() -> Value {
    let mut shapes: Vec<_> = EVENTS.iter().map(shape).collect();
    let known: Vec<_> = EVENTS.iter().map(|(name, _)| *name).collect();
    shapes.push(json!({ "properties": { "event": { "not": { "enum": known } } } }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line that `connect --json` writes",
        "type": "object",
        "properties": {
            "v": { "const": 1, "description": "Version of this format." },
            "ts": { "type": "string", "format": "date-time", "description": "When, in UTC." },
            "event": { "type": "string", "description": "What happened." },
        },
        "required": ["v", "ts", "event"],
        "anyOf": shapes,
    })
}

fn shape((name, fields): &Event) -> Value {
    let mut properties = Map::new();
    properties.insert("event".to_owned(), json!({ "const": name }));
    let mut required = Vec::new();
    for (field, kind) in *fields {
        let (kind, always) = match kind {
            Boolean => (json!({ "type": "boolean" }), true),
            Fault if *field == "file" => (json!({ "type": "string" }), false),
            Fault => (json!({ "type": "integer", "minimum": 1 }), false),
            Number => (json!({ "type": "number", "minimum": 0 }), true),
            Object => (json!({ "type": ["object", "null"] }), true),
            Text => (json!({ "type": "string" }), true),
            TextOrNone => (json!({ "type": ["string", "null"] }), true),
            Texts => (
                json!({ "type": "array", "items": { "type": "string" } }),
                true,
            ),
        };
        properties.insert((*field).to_owned(), kind);
        if always {
            required.push(*field);
        }
    }
    json!({ "properties": properties, "required": required })
}

/// Every event with its fields, sorted by name. `ready` has one shape for an app and one for the
/// sandbox alone.
const EVENTS: &[Event] = &[
    (
        "added",
        &[
            ("type", Text),
            ("name", Text),
            ("product", Text),
            ("files", Texts),
            ("written", Boolean),
        ],
    ),
    ("app.building", &[]),
    ("app.built", &[("ms", Number)]),
    ("app.started", &[("url", Text)]),
    (
        "audit.check",
        &[
            ("class", Text),
            ("name", Text),
            ("severity", Text),
            ("passed", Boolean),
            ("expected", Text),
            ("answered", Text),
            ("curl", Text),
        ],
    ),
    (
        "check",
        &[
            ("group", Text),
            ("host", TextOrNone),
            ("name", Text),
            ("state", Text),
            ("text", Text),
            ("code", TextOrNone),
            ("causes", Texts),
            ("hints", Texts),
        ],
    ),
    ("checked", &[("problems", Number), ("warnings", Number)]),
    (
        "created",
        &[
            ("path", Text),
            ("name", Text),
            ("key", Text),
            ("template", Text),
            ("product", Text),
            ("store", Text),
            ("git", Boolean),
            ("files", Texts),
        ],
    ),
    (
        "descriptor.validated",
        &[("key", Text), ("modules", Number), ("warnings", Number)],
    ),
    (
        "error",
        &[
            ("code", Text),
            ("message", Text),
            ("causes", Texts),
            ("hints", Texts),
            ("fatal", Boolean),
            ("file", Fault),
            ("line", Fault),
            ("col", Fault),
        ],
    ),
    (
        "host.deregistered",
        &[("host", Text), ("key", Text), ("ms", Number)],
    ),
    ("host.kept", &[("host", Text), ("key", Text)]),
    (
        "host.registered",
        &[
            ("host", Text),
            ("key", Text),
            ("ms", Number),
            ("reason", Text),
        ],
    ),
    ("inspector", &[("url", Text)]),
    (
        "left",
        &[
            ("host", Text),
            ("key", Text),
            ("url", Text),
            ("at", Text),
            ("pid", Number),
        ],
    ),
    (
        "license",
        &[
            ("host", Text),
            ("key", Text),
            ("active", Boolean),
            ("state", Text),
            ("set", Boolean),
        ],
    ),
    (
        "module.type",
        &[("name", Text), ("about", Text), ("products", Texts)],
    ),
    (
        "ready",
        &[
            ("url", Text),
            ("host", TextOrNone),
            ("key", Text),
            ("app", Text),
        ],
    ),
    (
        "ready",
        &[
            ("url", Text),
            ("username", Text),
            ("password", Text),
            ("keys", Text),
            ("hostScript", Text),
            ("sandbox", Text),
            ("sites", Texts),
        ],
    ),
    (
        "request.in",
        &[
            ("id", Number),
            ("method", Text),
            ("path", Text),
            ("status", Number),
            ("ms", Number),
            ("auth", TextOrNone),
            ("verdict", Text),
            ("code", TextOrNone),
        ],
    ),
    (
        "request.out",
        &[
            ("site", Text),
            ("app", TextOrNone),
            ("user", TextOrNone),
            ("method", Text),
            ("path", Text),
            ("status", Number),
            ("ms", Number),
            ("refusal", Object),
        ],
    ),
    ("sandbox.event", &[("data", Object)]),
    ("settings.changed", &[("restart", Boolean)]),
    ("stopped", &[]),
    (
        "template",
        &[("name", Text), ("description", Text), ("products", Texts)],
    ),
    (
        "tested",
        &[
            ("app", Text),
            ("passed", Number),
            ("failed", Number),
            ("holes", Boolean),
            ("ms", Number),
            ("leftOut", Texts),
        ],
    ),
    (
        "triggered",
        &[
            ("name", Text),
            ("path", Text),
            ("status", Number),
            ("ms", Number),
            ("algorithm", TextOrNone),
        ],
    ),
    ("tunnel.closed", &[]),
    (
        "tunnel.lost",
        &[
            ("provider", Text),
            ("code", Text),
            ("message", Text),
            ("tries", Number),
        ],
    ),
    (
        "tunnel.opened",
        &[("url", Text), ("provider", Text), ("ms", Number)],
    ),
    (
        "warning",
        &[
            ("code", Text),
            ("message", Text),
            ("causes", Texts),
            ("hints", Texts),
        ],
    ),
];
