//! The HTML templates. Every value is escaped; only [`script_json`] makes one that brings its own
//! escapes.

use std::sync::LazyLock;

use minijinja::{Environment, Value};

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    for (name, source) in [
        ("base.html", include_str!("assets/base.html")),
        ("message.html", include_str!("assets/message.html")),
        ("module.html", include_str!("assets/module.html")),
        ("overview.html", include_str!("assets/overview.html")),
    ] {
        // Test: every_template_parses.
        if let Err(error) = templates.add_template(name, source) {
            tracing::error!(%error, name, "a template of the sandbox does not parse");
        }
    }
    templates
});

/// Fills in a template.
pub(crate) fn render(name: &str, values: Value) -> String {
    let rendered = TEMPLATES
        .get_template(name)
        .and_then(|template| template.render(values));
    rendered.unwrap_or_else(|error| {
        tracing::error!(%error, name, "a template of the sandbox cannot be filled in");
        "<!doctype html><title>Sandbox</title><p>This page could not be made. It is a bug of the sandbox.</p>".to_owned()
    })
}

/// JSON for a `<script type="application/json">`, whose text HTML does not unescape.
pub(crate) fn script_json(json: &serde_json::Value) -> Value {
    // SECURITY: without `<` no text can end the element. Test: script_json_cannot_end_its_element.
    Value::from_safe_string(json.to_string().replace('<', "\\u003c"))
}

/// An SVG disc; `initials` come from names of apps, so they are escaped.
pub(crate) fn avatar(initials: &str, hue: u32) -> String {
    let source = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><circle cx="24" cy="24" r="24" fill="hsl({{ hue }} 42% 44%)"/><text x="24" y="25" fill="#fff" font-family="system-ui,sans-serif" font-size="18" font-weight="600" text-anchor="middle" dominant-baseline="middle">{{ initials }}</text></svg>"##;
    let values = minijinja::context! { hue, initials };
    TEMPLATES
        .render_named_str("avatar.svg.html", source, values)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        for name in ["base.html", "message.html", "module.html", "overview.html"] {
            TEMPLATES.get_template(name).unwrap();
        }
    }

    #[test]
    fn script_json_cannot_end_its_element() {
        let json = serde_json::json!({ "name": "</script><!--" });
        let text = script_json(&json).to_string();
        assert!(!text.contains('<'));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            json
        );
    }

    #[test]
    fn avatars_are_escaped() {
        assert!(!avatar("<script>", 1).contains("<script>"));
    }
}
