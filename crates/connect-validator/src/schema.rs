//! JSON Schema (draft 2020-12) for editors, made from the tables that the checks use.
//!
//! Besides names, types and limits it carries our descriptions (hover texts), defaults and lists of known values.
//! Texts with a placeholder are let through, as they are in a check.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::Product;
use crate::rules::conditions::FORMS;
use crate::settings::{config_schema, credentials_schema};
use crate::table::{Count, DESCRIPTOR, Field, MODULE_TYPES, NO_LIMIT, Others, Shape, Type, lists};

/// The schema of a descriptor for one product, or for Jira and Confluence together.
pub fn descriptor(product: Option<Product>) -> Value {
    let mut writer = Writer {
        product,
        defs: Map::new(),
        names: BTreeMap::new(),
    };
    let mut root = writer.shape(&DESCRIPTOR);
    let of_product = match product {
        None => "Jira and Confluence Cloud".to_owned(),
        Some(product) => format!("{product} Cloud"),
    };
    let modules = writer.modules();
    let scopes = writer.scopes();
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!(format!("Atlassian Connect descriptor for {of_product}"));
    merge(&mut root["properties"]["modules"], modules);
    merge(&mut root["properties"]["scopes"], scopes);
    root["$defs"] = Value::Object(writer.defs);
    root
}

/// The schema of `config.json`.
pub fn config() -> Value {
    config_schema()
}

/// The schema of `credentials.json`.
pub fn credentials() -> Value {
    credentials_schema()
}

struct Writer {
    product: Option<Product>,
    defs: Map<String, Value>,
    /// The name in `$defs` of each shape, by its address: shapes are statics.
    names: BTreeMap<usize, String>,
}

impl Writer {
    fn modules(&mut self) -> Value {
        let mut properties = Map::new();
        for module in MODULE_TYPES {
            let wanted = match self.product {
                None => module.products.only() != Some(Product::Bitbucket),
                Some(product) => module.products.includes(product),
            };
            // Names that Bitbucket shares with the others stand twice, Bitbucket's second.
            if !wanted || properties.contains_key(module.name) {
                continue;
            }
            let one = self.reference(module.shape);
            let many = json!({ "type": "array", "items": one });
            let mut value = match module.count {
                Count::Either => json!({ "anyOf": [one, many] }),
                Count::Many => many,
                Count::One => one,
            };
            value["description"] = json!(module.doc);
            properties.insert(module.name.to_owned(), value);
        }
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    }

    fn scopes(&self) -> Value {
        if self.product == Some(Product::Bitbucket) {
            let known = json!({ "type": "string", "examples": lists::BITBUCKET_SCOPES });
            return json!({ "type": "array", "items": known });
        }
        json!({ "type": "array", "items": one_of(lists::SCOPES) })
    }

    /// A reference to the shape, which is written to `$defs` the first time.
    fn reference(&mut self, shape: &'static Shape) -> Value {
        let address = std::ptr::from_ref(shape) as usize;
        if !self.names.contains_key(&address) {
            let mut name = shape.name.to_owned();
            let mut number = 2;
            while self.defs.contains_key(&name) {
                name = format!("{}{number}", shape.name);
                number += 1;
            }
            self.names.insert(address, name.clone());
            // Taken before the fields are written, so that shapes may contain themselves.
            self.defs.insert(name.clone(), Value::Null);
            let written = self.shape(shape);
            self.defs.insert(name, written);
        }
        json!({ "$ref": format!("#/$defs/{}", self.names[&address]) })
    }

    fn shape(&mut self, shape: &'static Shape) -> Value {
        let mut properties = Map::new();
        for field in shape.fields {
            properties.insert(field.name.to_owned(), self.field(field));
        }
        let required: Vec<_> = shape
            .fields
            .iter()
            .filter(|f| f.required)
            .map(|f| f.name)
            .collect();
        let mut written = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            written["required"] = json!(required);
        }
        if shape.others == Others::Refused {
            written["additionalProperties"] = json!(false);
            written["patternProperties"] = json!({ "^//": true });
        }
        written
    }

    fn field(&mut self, field: &'static Field) -> Value {
        let mut written = self.kind(&field.kind);
        written["description"] = json!(field.doc);
        if let Some(default) = field
            .default
            .and_then(|text| serde_json::from_str(text).ok())
        {
            written["default"] = default;
        }
        let known: Vec<&str> = match field.name {
            "event" => of_product(self.product, lists::CONFLUENCE_EVENTS, lists::JIRA_EVENTS),
            "location" => of_product(
                self.product,
                lists::CONFLUENCE_LOCATIONS,
                lists::JIRA_LOCATIONS,
            ),
            _ => return written,
        };
        if matches!(field.kind, Type::Text(_)) {
            written["examples"] = json!(known);
        }
        written
    }

    fn kind(&mut self, kind: &'static Type) -> Value {
        match kind {
            Type::Any => json!({}),
            Type::Boolean => json!({ "type": "boolean" }),
            Type::Condition => self.condition(),
            Type::Enum(values) => one_of(values),
            Type::Integer => json!({ "type": "integer" }),
            Type::List(item) => json!({ "type": "array", "items": self.kind(item) }),
            Type::ListOf { item, most } => {
                json!({ "type": "array", "items": self.kind(item), "maxItems": most })
            }
            Type::Map(item) => json!({ "type": "object", "additionalProperties": self.kind(item) }),
            Type::Number { least, most } => {
                json!({ "type": "number", "minimum": least, "maximum": most })
            }
            Type::Object(shape) => self.reference(shape),
            Type::OneOf(shapes) => {
                let all: Vec<Value> = shapes.iter().map(|shape| self.reference(shape)).collect();
                json!({ "anyOf": all })
            }
            Type::Text(text) => {
                let mut written = json!({ "type": "string" });
                if text.most != NO_LIMIT {
                    written["maxLength"] = json!(text.most);
                }
                if let Some(pattern) = text.rule.pattern() {
                    written["pattern"] = json!(format!("{pattern}|{PLACEHOLDER}"));
                }
                written
            }
        }
    }

    fn condition(&mut self) -> Value {
        if !self.defs.contains_key("anyCondition") {
            self.defs.insert("anyCondition".into(), Value::Null);
            let [single, composite] = FORMS;
            let mut single = self.shape(single);
            let known = of_product(
                self.product,
                lists::CONFLUENCE_CONDITIONS,
                lists::JIRA_CONDITIONS,
            );
            let known: Vec<&str> = lists::CONDITIONS.iter().copied().chain(known).collect();
            single["properties"]["condition"]["examples"] = json!(known);
            let mut composite = self.shape(composite);
            composite["anyOf"] = json!([
                { "required": ["and"] },
                { "required": ["conditions"] },
                { "required": ["or"] },
            ]);
            let written = json!({
                "type": "object",
                "if": { "required": ["condition"] },
                "then": single,
                "else": composite,
            });
            self.defs.insert("anyCondition".into(), written);
        }
        json!({ "$ref": "#/$defs/anyCondition" })
    }
}

/// Each value in lower and in upper case, as hosts take them.
fn one_of(values: &[&str]) -> Value {
    let upper = values.iter().map(|value| value.to_ascii_uppercase());
    let mut all: Vec<String> = values
        .iter()
        .copied()
        .map(str::to_owned)
        .chain(upper)
        .collect();
    all.dedup();
    let placeholder = json!({ "type": "string", "pattern": PLACEHOLDER });
    json!({ "anyOf": [{ "enum": all }, placeholder] })
}

fn of_product(
    product: Option<Product>,
    confluence: &'static [&'static str],
    jira: &'static [&'static str],
) -> Vec<&'static str> {
    match product {
        None => [jira, confluence].concat(),
        Some(Product::Bitbucket) => Vec::new(),
        Some(Product::Confluence) => confluence.to_vec(),
        Some(Product::Jira) => jira.to_vec(),
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// A text with this in it is filled in before a host sees it.
const PLACEHOLDER: &str = r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}|__[A-Z_]+__";
