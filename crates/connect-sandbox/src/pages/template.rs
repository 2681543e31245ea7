//! The HTML templates. Every value is escaped; only [`script_json`] makes one that brings its own
//! escapes.

use std::sync::LazyLock;

use minijinja::{Environment, Error, Output, Value, escape_formatter};

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => escape(out, text),
        _ => escape_formatter(out, state, value),
    });
    for (name, source) in SOURCES {
        // Test: every_template_parses.
        if let Err(error) = templates.add_template(name, source) {
            tracing::error!(%error, name, "a template of the sandbox does not parse");
        }
    }
    templates
});

const SOURCES: &[(&str, &str)] = &[
    ("app.html", include_str!("assets/app.html")),
    ("base.html", include_str!("assets/base.html")),
    ("message.html", include_str!("assets/message.html")),
    ("module.html", include_str!("assets/module.html")),
    ("overview.html", include_str!("assets/overview.html")),
    ("parts.html", include_str!("assets/parts.html")),
    ("view.html", include_str!("assets/view.html")),
    ("webhooks.html", include_str!("assets/webhooks.html")),
];

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

/// Escapes for element content and quoted attributes. The engine's own way also escapes `/`, which
/// makes every address in a page unreadable for people and for simple tools.
fn escape(out: &mut Output<'_>, text: &str) -> Result<(), Error> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, tail) = rest.split_at(at);
        out.write_str(before)?;
        out.write_str(match tail.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &tail[1..];
    }
    out.write_str(rest)?;
    Ok(())
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
        for (name, _) in SOURCES {
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
    fn values_are_escaped_and_addresses_stay_readable() {
        let values = minijinja::context! { text => "<a href='/x?y=1&z=2'>\"é\"</a>" };
        let rendered = TEMPLATES.render_named_str("test.html", "{{ text }}", values);
        let expected = "&lt;a href=&#39;/x?y=1&amp;z=2&#39;&gt;&quot;é&quot;&lt;/a&gt;";
        assert_eq!(rendered.unwrap(), expected);
    }

    #[test]
    fn avatars_are_escaped() {
        assert!(!avatar("<script>", 1).contains("<script>"));
    }
}
