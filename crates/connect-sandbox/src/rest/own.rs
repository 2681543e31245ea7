//! What an app keeps at the host: properties and dynamic modules (`/rest/atlassian-connect/1`).

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    rest::{Call, Caller, Reply, refusal},
    state::{App, lock},
};

/// What the host keeps for an app. It outlives an uninstall.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    properties: BTreeMap<String, Value>,
    /// Kind and module.
    modules: Vec<(String, Value)>,
}

impl Kept {
    /// The value of a property.
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.properties.get(name)
    }
}

/// `/addons/{key}/properties` and below.
pub(crate) fn properties(call: &Call<'_>, key: &str, name: Option<&str>) -> Option<Reply> {
    let Some(app) = own(call).filter(|app| app.descriptor.key.as_str() == key) else {
        return Some(not_found("an app may look at its own properties only"));
    };
    let mut kept = lock(&call.on.site.kept);
    let properties = &mut kept
        .entry(app.descriptor.key.clone())
        .or_default()
        .properties;
    Some(match (&call.method, name) {
        (&Method::GET, None) => {
            let keys: Vec<Value> = properties.keys().map(|key| json!({ "key": key })).collect();
            Reply::ok(json!({ "keys": keys }))
        }
        (&Method::GET, Some(name)) => match properties.get(name) {
            Some(value) => Reply::ok(json!({ "key": name, "value": value })),
            None => not_found("there is no such property"),
        },
        (&Method::PUT, Some(name)) => put(call, properties, name),
        (&Method::DELETE, Some(name)) => match properties.remove(name) {
            Some(_) => Reply::status(StatusCode::NO_CONTENT),
            None => not_found("there is no such property"),
        },
        _ => return None,
    })
}

fn put(call: &Call<'_>, properties: &mut BTreeMap<String, Value>, name: &str) -> Reply {
    if name.len() > MOST_KEY {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the key is longer than 127 characters",
        );
    }
    if call.body.len() > MOST_VALUE {
        return refuse(
            StatusCode::FORBIDDEN,
            "the value is larger than 32,768 bytes",
        );
    }
    let Some(value) = call.json() else {
        return refuse(StatusCode::BAD_REQUEST, "the value is not JSON");
    };
    if properties.len() >= MOST_PROPERTIES && !properties.contains_key(name) {
        return refuse(StatusCode::CONFLICT, "the app has 100 properties already");
    }
    let status = match properties.insert(name.to_owned(), value) {
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    };
    Reply {
        body: json!({ "message": "Property stored", "status-code": status.as_u16() }),
        ..Reply::status(status)
    }
}

/// `/app/module/dynamic`.
pub(crate) fn modules(call: &Call<'_>) -> Option<Reply> {
    let Some(app) = own(call) else {
        return Some(not_found("only an app has dynamic modules"));
    };
    let mut kept = lock(&call.on.site.kept);
    let modules = &mut kept.entry(app.descriptor.key.clone()).or_default().modules;
    Some(match call.method {
        Method::GET => {
            let mut by_kind = Map::new();
            for (kind, module) in modules.iter() {
                let list = by_kind.entry(kind.clone()).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(module.clone());
                }
            }
            Reply::ok(Value::Object(by_kind))
        }
        Method::POST => register(call, app, modules),
        Method::DELETE => {
            let named = |module: &Value| {
                call.query
                    .iter()
                    .any(|(name, key)| name == "moduleKey" && module["key"] == key.as_str())
            };
            // Without a key all of them go.
            let all = call.param("moduleKey").is_none();
            modules.retain(|(_, module)| !all && !named(module));
            Reply::status(StatusCode::NO_CONTENT)
        }
        _ => return None,
    })
}

/// All or nothing: one bad module refuses the whole request.
fn register(call: &Call<'_>, app: &App, modules: &mut Vec<(String, Value)>) -> Reply {
    let Some(Value::Object(asked)) = call.json() else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the body is not an object of modules by kind",
        );
    };
    let mut new: Vec<(String, Value)> = Vec::new();
    for (kind, list) in asked {
        for module in list.as_array().into_iter().flatten() {
            let key = module["key"].as_str().unwrap_or_default();
            if key.is_empty() {
                return refuse(StatusCode::BAD_REQUEST, "a module has no key");
            }
            let mut others = modules.iter().chain(&new);
            if others.any(|(_, other)| other["key"] == key) || app.descriptor.module(key).is_some()
            {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    "a module of that key is there already",
                );
            }
            new.push((kind.clone(), module.clone()));
        }
    }
    if new.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "there is no module in the body");
    }
    if modules.len() + new.len() > MOST_MODULES {
        return refuse(
            StatusCode::BAD_REQUEST,
            "an app has 100 dynamic modules at most",
        );
    }
    modules.extend(new);
    Reply::status(StatusCode::OK)
}

fn own<'a>(call: &'a Call<'_>) -> Option<&'a App> {
    match &call.caller {
        Caller::App(app) | Caller::Bridge { app, .. } => Some(app),
        _ => None,
    }
}

fn refuse(status: StatusCode, message: &str) -> Reply {
    Reply::refused(
        status,
        json!({ "message": message, "status-code": status.as_u16() }),
        refusal(
            "rest/request",
            message,
            "compare it with the product's documentation",
        ),
    )
}

fn not_found(message: &str) -> Reply {
    refuse(StatusCode::NOT_FOUND, message)
}

/// Longest key of a property, in bytes.
const MOST_KEY: usize = 127;
/// Largest value of a property, in bytes.
const MOST_VALUE: usize = 32_768;
const MOST_PROPERTIES: usize = 100;
const MOST_MODULES: usize = 100;
