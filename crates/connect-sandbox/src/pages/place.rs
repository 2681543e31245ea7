//! Where in the product somebody is, as addresses and tokens tell it.

use std::collections::BTreeMap;

use connect_core::Product;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    data::{self, Content, Issue, SPACE_ID, SPACE_KEY, jira::TYPES},
    pages::{modules::View, variables::Context},
    state::{Site, lock},
    users::User,
    world,
};

/// A place: what is known of it, by the names that URLs have for it (Atlassian, "Context
/// parameters").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place(BTreeMap<String, String>);

impl Place {
    /// The place a request names: by issue, project, page, space, profile or dashboard item. What
    /// does not exist is as if it were not named.
    pub(crate) fn asked(site: &Site, query: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = query.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str())
        };
        let mut place = Self::default();
        let kept = lock(&site.data);
        match site.product {
            Product::Confluence => {
                if value("space.key") == Some(SPACE_KEY) {
                    place.add_space();
                }
                let id = value("content.id").or_else(|| value("page.id"));
                let content = id.and_then(|id| kept.contents.get(&id.parse().ok()?));
                if let Some(content) = content {
                    place.add_content(content);
                }
            }
            _ => {
                if let Some(project) = value("project.key").and_then(data::project) {
                    place.add_project(project);
                }
                if let Some(issue) = value("issue.key").and_then(|key| kept.issue(key)) {
                    place.add_issue(issue);
                }
                if let Some(item) = value("dashboardItem.id") {
                    place.add_dashboard_item(item, value("dashboardItem.key").unwrap_or_default());
                }
            }
        }
        if let Some(user) = value("profileUser.accountId").and_then(User::person) {
            place.add_profile(&user);
        }
        place
    }

    /// Where a view is when nothing more is said: at the first thing of its kind.
    pub(crate) fn of_view(site: &Site, view: View) -> Self {
        let mut place = Self::default();
        let kept = lock(&site.data);
        let issue = || kept.issues.values().next();
        match view {
            View::Content | View::Editor => {
                let mut pages = kept.contents.values();
                if let Some(page) = pages.find(|content| content.kind == "page") {
                    place.add_content(page);
                }
            }
            View::Dashboard => place.add_dashboard_item("10001", ""),
            View::Issue | View::Workflow => {
                if let Some(issue) = issue() {
                    place.add_issue(issue);
                }
            }
            View::Profile => place.add_profile(&User::default_person()),
            View::Project | View::ProjectSettings => place.add_project(&world::PROJECTS[0]),
            View::Agent | View::Portal => {
                if let Some(issue) = issue() {
                    place.add_issue(issue);
                    place.set("servicedesk.requestId", issue.id);
                }
                place.set("servicedesk.requestTypeId", 1);
                place.set("servicedesk.serviceDeskId", 1);
            }
            View::Board => {
                place.add_project(&world::PROJECTS[0]);
                place.set("board.id", 1);
                place.set("board.mode", "work");
                place.set("board.screen", "board");
                place.set("board.type", "scrum");
                place.set("sprint.id", 1);
                place.set("sprint.state", "active");
            }
            View::Space | View::SpaceTools => place.add_space(),
            View::Admin | View::Everywhere | View::Nowhere | View::Search => {}
        }
        place
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    pub(crate) fn add_issue(&mut self, issue: &Issue) {
        self.set("issue.id", issue.id);
        self.set("issue.key", &issue.key);
        let kind = TYPES.iter().find(|(_, name)| *name == issue.issue_type);
        if let Some((id, _)) = kind {
            self.set("issuetype.id", id);
        }
        let mut projects = world::PROJECTS.iter();
        if let Some(project) = projects.find(|known| known.id == issue.project) {
            self.add_project(project);
        }
    }

    pub(crate) fn add_project(&mut self, project: &world::Project) {
        self.set("project.id", project.id);
        self.set("project.key", project.key);
    }

    pub(crate) fn add_content(&mut self, content: &Content) {
        for what in ["content", "page"] {
            self.set(&format!("{what}.id"), content.id);
            self.set(&format!("{what}.type"), &content.kind);
            self.set(&format!("{what}.version"), content.version);
        }
        self.set("page.title", &content.title);
        self.add_space();
    }

    pub(crate) fn add_space(&mut self) {
        self.set("space.id", SPACE_ID);
        self.set("space.key", SPACE_KEY);
    }

    pub(crate) fn add_profile(&mut self, user: &User) {
        self.set("profileUser.accountId", &user.account_id);
        self.set("profileUser.key", &user.account_id);
        self.set("profileUser.name", &user.account_id);
    }

    pub(crate) fn add_dashboard_item(&mut self, id: &str, key: &str) {
        self.set("dashboard.id", 10000);
        self.set("dashboardItem.id", id);
        self.set("dashboardItem.key", key);
        self.set("dashboardItem.viewType", "default");
    }

    /// What variables of addresses stand for.
    pub(crate) fn variables(&self) -> &Context {
        &self.0
    }

    /// The part of it that leads here again, for the query of an address.
    pub(crate) fn query(&self) -> Vec<(&str, &str)> {
        let named = |name: &&str| {
            // An issue names its project, a page its space.
            !(*name == "project.key" && self.0.contains_key("issue.key")
                || *name == "space.key" && self.0.contains_key("content.id"))
        };
        NAMES
            .iter()
            .copied()
            .filter(named)
            .filter_map(|name| Some((name, self.get(name)?)))
            .collect()
    }

    /// The context claim of tokens: `{"jira":{"issue":{"id":…,"issuetype":{"id":…},"key":…}}}`.
    pub(crate) fn claims(&self, product: Product) -> Value {
        let mut claims = Map::new();
        for (name, value) in &self.0 {
            let Some((first, last)) = name.split_once('.') else {
                continue;
            };
            let path: &[&str] = match (first, last) {
                ("content" | "dashboard" | "project" | "sprint" | "space", _) => &[first, last],
                ("board", "id" | "type") | ("issue", "id" | "key") => &[first, last],
                ("dashboardItem", "id" | "key" | "viewType") => &["dashboardItem", last],
                ("issuetype", "id") => &["issue", "issuetype", "id"],
                ("macro", "hash" | "id") => &["macro", last],
                ("output", "type") => &["macro", "outputType"],
                ("servicedesk", _) => &["servicedesk", last],
                _ => continue,
            };
            let (last, above) = path.split_last().expect("no path above is empty");
            let mut at = &mut claims;
            for step in above {
                let next = at.entry(*step).or_insert_with(|| json!({}));
                at = next
                    .as_object_mut()
                    .expect("only objects are put on the way");
            }
            at.insert((*last).to_owned(), value.as_str().into());
        }
        if claims.is_empty() {
            return json!({});
        }
        json!({ product.as_str(): claims })
    }
}

/// What a place is found by.
const NAMES: &[&str] = &[
    "content.id",
    "dashboardItem.id",
    "dashboardItem.key",
    "issue.key",
    "profileUser.accountId",
    "project.key",
    "space.key",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;

    #[test]
    fn claims_have_the_shape_of_the_products() {
        let jira = Data::seeded(Product::Jira);
        let mut place = Place::default();
        place.add_issue(jira.issue("DEMO-1").unwrap());
        assert_eq!(
            place.claims(Product::Jira),
            json!({ "jira": {
                "issue": { "id": "10100", "key": "DEMO-1", "issuetype": { "id": "10001" } },
                "project": { "id": "10000", "key": "DEMO" },
            } })
        );
        let confluence = Data::seeded(Product::Confluence);
        let mut place = Place::default();
        place.add_content(&confluence.contents[&32769]);
        place.set("macro.hash", "h");
        place.set("macro.body", "text");
        place.set("output.type", "display");
        assert_eq!(
            place.claims(Product::Confluence),
            json!({ "confluence": {
                "content": { "id": "32769", "type": "page", "version": "1" },
                "macro": { "hash": "h", "outputType": "display" },
                "space": { "id": "98305", "key": "DEMO" },
            } })
        );
        assert_eq!(Place::default().claims(Product::Jira), json!({}));
    }
}
