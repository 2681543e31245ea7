//! Where an app can be reached: what its descriptor says, as Atlassian's scanner reads it.

use serde_json::Value;
use url::Url;

use crate::descriptor::Descriptor;

/// An address of an app.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) url: Url,
    /// Only administrators belong there.
    pub(super) admin: bool,
    /// A host posts webhooks there.
    pub(super) webhook: bool,
}

/// The addresses of all modules, each once, variables filled in. Left out are pages that any
/// cache may hold and those that are shown to nobody in particular, as the scanner does it.
pub(super) fn addresses(descriptor: &Descriptor) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for module in &descriptor.modules {
        let kind = module.kind.as_str();
        if module.cacheable || ["jiraBackgroundScripts", "postInstallPage"].contains(&kind) {
            continue;
        }
        let conditions = module.raw["conditions"].to_string();
        let admin = ADMIN.contains(&kind)
            || conditions.contains("\"user_is_admin\"")
            || conditions.contains("\"user_is_sysadmin\"");
        collect(&module.raw, &mut |url| {
            let url = descriptor.url(&fill_in(url));
            let own = url.filter(|url| descriptor.owns(url));
            if let Some(url) = own.filter(|url| !known(&found, url)) {
                found.push(Address {
                    url,
                    admin,
                    webhook: kind == "webhooks",
                });
            }
        });
    }
    found
}

fn known(found: &[Address], url: &Url) -> bool {
    found.iter().any(|address| address.url == *url)
}

/// Every `url` of a module that the scanner does not leave out.
fn collect(module: &Value, found: &mut impl FnMut(&str)) {
    for (name, value) in module.as_object().into_iter().flatten() {
        match value {
            Value::String(url) if name == "url" => found(url),
            Value::Object(_) if !SKIPPED.contains(&name.as_str()) => collect(value, found),
            _ => {}
        }
    }
}

/// `{condition.x}` is `true`, all other variables are `test`.
pub(crate) fn fill_in(url: &str) -> String {
    let mut parts = url.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap_or((part, ""));
        if filled.ends_with('$') {
            filled.pop();
        }
        filled.push_str(match variable.strip_prefix("condition.") {
            Some(_) => "true",
            None => "test",
        });
        filled.push_str(rest);
    }
    filled
}

/// Kinds of modules that are for administrators.
const ADMIN: &[&str] = &[
    "adminPages",
    "configurePage",
    "jiraProjectAdminTabPanels",
    "jiraProjectPermissions",
];

/// Members of modules whose `url` is no page.
const SKIPPED: &[&str] = &[
    "documentation",
    "icon",
    "icons",
    "imagePlaceholder",
    "post-install-page",
    "template",
];

#[cfg(test)]
mod tests {
    use connect_core::Product;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_address_is_found_once_and_filled_in() {
        let name = json!({ "value": "Planner" });
        let text = json!({
            "key": "com.example.app", "name": "Planner", "baseUrl": "http://127.0.0.1:1/app",
            "authentication": { "type": "jwt" }, "lifecycle": { "installed": "/installed" }, "scopes": ["READ"],
            "apiVersion": 1,
            "modules": {
                "adminPages": [{ "key": "a", "name": name, "url": "/admin" }],
                "generalPages": [
                    { "key": "b", "name": name, "url": "/page?issue={issue.key}&admin=${condition.user_is_admin}" },
                    { "key": "c", "name": name, "url": "/cached", "cacheable": true },
                    { "key": "d", "name": name, "url": "/admin" },
                    { "key": "e", "name": name, "url": "/hidden", "conditions": [{ "condition": "user_is_sysadmin" }] },
                ],
                "webhooks": [{ "event": "jira:issue_created", "url": "/hook" }],
            },
        });
        let descriptor = Descriptor::parse(text.to_string().as_bytes(), Product::Jira).unwrap();
        let found: Vec<_> = addresses(&descriptor)
            .into_iter()
            .map(|address| {
                let url = address.url.to_string();
                let path = url.strip_prefix("http://127.0.0.1:1/app").unwrap();
                (path.to_owned(), address.admin, address.webhook)
            })
            .collect();
        let expected = [
            ("/admin", true, false),
            ("/page?issue=test&admin=true", false, false),
            ("/hidden", true, false),
            ("/hook", false, true),
        ];
        assert_eq!(
            found,
            expected.map(|(path, admin, webhook)| (path.to_owned(), admin, webhook))
        );
    }
}
