//! Webhooks: what changes on a site is told to the apps that asked to hear of it.
//!
//! Which ones: Atlassian, "Webhooks" of the descriptor and "Dynamic webhooks" of Jira. How often
//! is tried: Jira's rules, with a wait of seconds where Jira takes minutes; Confluence tries once.

mod api;
mod callbacks;
mod delivery;
mod samples;

use std::sync::Arc;

use connect_core::Product;
use serde_json::{Value, json};
use url::Url;

pub(crate) use api::router;
pub(crate) use delivery::Deliveries;

use crate::{
    data::{self, Issue, jira::Form, jira::View, jql::Query},
    descriptor::Module,
    event::SandboxEvent,
    rest::Call,
    server::OnSite,
    state::{App, lock},
    webhooks::delivery::{Delivery, deliver, send},
};

/// Something that happened on a site.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) event: String,
    /// Account id of whoever caused it.
    pub(crate) user: Option<String>,
    pub(crate) body: Value,
    /// What filters look at.
    issue: Option<Issue>,
    property: Option<String>,
}

impl Change {
    pub(crate) fn new(event: &str, call: &Call<'_>, body: Value) -> Self {
        Self::named(event.to_owned(), call, body)
    }

    /// Adds to the body what every body of the product has.
    pub(crate) fn named(event: String, call: &Call<'_>, mut body: Value) -> Self {
        let user = call.caller.user().map(|user| user.account_id);
        body["timestamp"] = data::now().into();
        if call.on.site.product == Product::Confluence {
            body["userAccountId"] = user.clone().into();
            body["accountType"] = "customer".into();
        } else {
            body["webhookEvent"] = event.as_str().into();
        }
        Self {
            event,
            user,
            body,
            issue: None,
            property: None,
        }
    }

    /// A change of an issue, which is shown as it is now.
    pub(crate) fn of_issue(event: &str, kind: &str, call: &Call<'_>, issue: &Issue) -> Self {
        let view = View {
            site: &call.on.site,
            origin: &call.on.shared.origin,
            form: Form::Plain,
        };
        let user = call.caller.user().map(|user| view.user(&user.account_id));
        let body = json!({
            "issue_event_type_name": kind, "user": user, "issue": issue.show(view, None),
        });
        Self::new(event, call, body).about(issue)
    }

    pub(crate) fn with(mut self, member: &str, value: Value) -> Self {
        self.body[member] = value;
        self
    }

    pub(crate) fn about(mut self, issue: &Issue) -> Self {
        self.issue = Some(issue.clone());
        self
    }

    pub(crate) fn property(mut self, name: &str) -> Self {
        self.property = Some(name.to_owned());
        self
    }

    /// What became of an issue, in the words of the bridge's event `ISSUE_CHANGED`; a property is
    /// no change there.
    fn kind(&self) -> Option<&'static str> {
        Some(match self.event.as_str() {
            "comment_deleted" | "comment_updated" => "commented",
            "issue_property_deleted" | "issue_property_set" => "property",
            "jira:issue_updated" => match self.body["issue_event_type_name"].as_str() {
                Some("issue_commented") => "commented",
                _ => "updated",
            },
            _ => return None,
        })
    }

    /// Ids of the fields that changed.
    fn fields(&self) -> impl Iterator<Item = &str> {
        let items = self.body["changelog"]["items"].as_array();
        items
            .into_iter()
            .flatten()
            .filter_map(|item| item["fieldId"].as_str())
    }

    /// Whether a filter lets it through. One that is not understood does: to hear of too much is
    /// the smaller surprise.
    fn passes(&self, jql: &str, app: &App) -> bool {
        let (Some(issue), false) = (&self.issue, jql.trim().is_empty()) else {
            return true;
        };
        let own = Some(app.account_id.as_str());
        Query::parse(jql).is_none_or(|query| query.matches(issue, own))
    }
}

/// Tells every app that asked for it, and the pages that are open.
pub(crate) fn announce(on: &OnSite, change: Change) {
    if let (Some(kind), Some(issue)) = (change.kind(), &change.issue) {
        on.shared.journal.record(SandboxEvent::IssueChanged {
            site: on.site.base_url.to_string(),
            issue: issue.id,
            key: issue.key.clone(),
            project: issue.project,
            change: kind,
            user: change.user.clone(),
        });
    }
    for app in on.site.apps() {
        if !app.enabled {
            continue;
        }
        let modules = app.descriptor.modules.iter();
        for module in modules.filter(|module| module.kind == "webhooks") {
            if module.raw["event"] == change.event.as_str()
                && change.passes(module.raw["filter"].as_str().unwrap_or_default(), &app)
                && let Some(url) = address(&app, module, &change)
            {
                let body = match module.raw["excludeBody"].as_bool() {
                    Some(true) => Value::Null,
                    _ => with_properties(&change, module),
                };
                deliver(on, &app, Delivery::new(&change, url, body));
            }
        }
        dynamic(on, &app, &change);
    }
}

/// Sends one that was recorded, once: the status, if there is an answer.
pub(crate) async fn send_again(
    on: &OnSite,
    app: &Arc<App>,
    event: &str,
    url: &str,
    body: &Value,
    user: Option<&str>,
) -> Option<u16> {
    let change = Change {
        event: event.to_owned(),
        user: user.map(str::to_owned),
        body: body.clone(),
        issue: None,
        property: None,
    };
    let url = app.descriptor.url(url)?;
    if !app.descriptor.owns(&url) {
        return None;
    }
    let delivery = Delivery::new(&change, url, body.clone());
    send(on, app, &delivery, 0, 0).await?.status
}

/// Those that were registered by REST: one request for each address, with the ids that matched.
fn dynamic(on: &OnSite, app: &Arc<App>, change: &Change) {
    let now = data::now();
    let matched: Vec<(String, u64)> = {
        let data = lock(&on.site.data);
        let hooks = data.hooks.get(app.descriptor.key.as_str());
        let hooks = hooks.into_iter().flatten().filter(|hook| {
            let named = |wanted: &[String], is: &dyn Fn(&str) -> bool| {
                wanted.is_empty() || wanted.iter().any(|name| is(name))
            };
            hook.expires > now
                && hook.events.contains(&change.event)
                && change.passes(&hook.jql_filter, app)
                && (change.event != "jira:issue_updated"
                    || named(&hook.field_ids_filter, &|name| {
                        change.fields().any(|field| field == name)
                    }))
                && (change.property.is_none()
                    || named(&hook.issue_property_keys_filter, &|name| {
                        change.property.as_deref() == Some(name)
                    }))
        });
        hooks.map(|hook| (hook.url.clone(), hook.id)).collect()
    };
    let mut urls: Vec<&String> = matched.iter().map(|(url, _)| url).collect();
    urls.sort_unstable();
    urls.dedup();
    for url in urls {
        let ids: Vec<u64> = matched
            .iter()
            .filter(|(other, _)| other == url)
            .map(|(_, id)| *id)
            .collect();
        if let Ok(address) = Url::parse(url) {
            let mut body = change.body.clone();
            body["matchedWebhookIds"] = json!(ids);
            deliver(on, app, Delivery::new(change, address, body));
        }
    }
}

/// The address of a module, with what its variables stand for; `lic` tells of the licence.
fn address(app: &App, module: &Module, change: &Change) -> Option<Url> {
    let text = module.url.as_deref()?;
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before.strip_suffix('$').unwrap_or(before));
        let issue = change.issue.as_ref();
        let value = match name {
            "issue.id" => issue.map(|issue| issue.id.to_string()),
            "issue.key" => issue.map(|issue| issue.key.clone()),
            "project.id" => issue.map(|issue| issue.project.to_string()),
            "project.key" => {
                issue.and_then(|issue| issue.key.rsplit_once('-').map(|(key, _)| key.to_owned()))
            }
            _ => None,
        };
        filled.push_str(&crate::urls::percent_encode(&value.unwrap_or_default()));
        rest = after;
    }
    filled.push_str(rest);
    let mut url = app.descriptor.url(&filled)?;
    if app.descriptor.licensing {
        url.query_pairs_mut()
            .append_pair("lic", app.license.as_str());
    }
    Some(url)
}

/// The properties of the issue that the module wants to see.
fn with_properties(change: &Change, module: &Module) -> Value {
    let mut body = change.body.clone();
    let keys = module.raw["propertyKeys"].as_array();
    if let (Some(keys), Some(issue)) = (keys, &change.issue) {
        let wanted = keys.iter().filter_map(Value::as_str);
        let shown: serde_json::Map<String, Value> = wanted
            .filter_map(|key| Some((key.to_owned(), issue.properties.get(key)?.clone())))
            .collect();
        body["issue"]["properties"] = shown.into();
    }
    body
}
