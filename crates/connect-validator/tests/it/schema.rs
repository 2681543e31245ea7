//! The JSON Schema for editors.

use connect_validator::{Product, schema};
use serde_json::Value;

#[test]
fn every_reference_of_the_schema_leads_somewhere() {
    let products = [
        None,
        Some(Product::Bitbucket),
        Some(Product::Confluence),
        Some(Product::Jira),
    ];
    for product in products {
        let schema = schema::descriptor(product);
        let mut references = 0;
        walk(&schema, &mut |value| {
            if let Some(Value::String(reference)) = value.get("$ref") {
                let pointer = reference.trim_start_matches('#');
                let target = schema.pointer(pointer);
                assert!(target.is_some_and(Value::is_object), "{reference}");
                references += 1;
            }
        });
        assert!(references > 10, "{product:?} has {references} references");
    }
}

#[test]
fn each_product_has_its_module_types() {
    let count = |product| {
        let schema = schema::descriptor(product);
        let modules = schema["properties"]["modules"]["properties"].as_object();
        modules.map(serde_json::Map::len)
    };
    assert_eq!(count(Some(Product::Jira)), Some(58));
    assert_eq!(count(Some(Product::Confluence)), Some(19));
    assert_eq!(count(Some(Product::Bitbucket)), Some(10));
    assert_eq!(count(None), Some(67));
}

#[test]
fn every_field_has_a_hover_text() {
    let schema = schema::descriptor(None);
    walk(&schema, &mut |value| {
        let Some(properties) = value.get("properties").and_then(Value::as_object) else {
            return;
        };
        for (name, property) in properties {
            let text = property.get("description").and_then(Value::as_str);
            assert!(
                text.is_some_and(|text| text.ends_with('.')),
                "{name}: {property}"
            );
        }
    });
}

fn walk(value: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        // A property may be called `properties` or `$ref` only in data, never in our schema.
        Value::Object(members) => members.values().for_each(|member| walk(member, visit)),
        _ => {}
    }
}
