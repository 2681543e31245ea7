//! Where in the product somebody is, as addresses and tokens tell it.

use std::collections::BTreeMap;

use connect_core::Product;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    pages::{modules::View, variables::Context},
    state::Site,
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
        match site.product {
            Product::Confluence => {
                if let Some(space) = value("space.key").and_then(Space::named) {
                    place.add_space(space);
                }
                let id = value("content.id").or_else(|| value("page.id"));
                if let Some(content) = id.and_then(content) {
                    place.add_content(content);
                }
            }
            _ => {
                if let Some(project) = value("project.key").and_then(project) {
                    place.add_project(project);
                }
                if let Some(issue) = value("issue.key").and_then(issue) {
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
    pub(crate) fn of_view(view: View) -> Self {
        let mut place = Self::default();
        match view {
            View::Content => place.add_content(&world::CONTENTS[0]),
            View::Dashboard => place.add_dashboard_item("10001", ""),
            View::Issue | View::Workflow => place.add_issue(&world::ISSUES[0]),
            View::Profile => place.add_profile(&User::default_person()),
            View::Project | View::ProjectSettings => place.add_project(&world::PROJECTS[0]),
            View::Agent | View::Portal => {
                place.add_issue(&world::ISSUES[0]);
                place.set("servicedesk.requestId", world::ISSUES[0].id);
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
            View::Editor | View::Space | View::SpaceTools => place.add_space(&SPACES[0]),
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

    pub(crate) fn add_issue(&mut self, issue: &world::Issue) {
        self.set("issue.id", issue.id);
        self.set("issue.key", issue.key);
        self.set("issuetype.id", ISSUE_TYPE);
        let project = world::PROJECTS
            .iter()
            .find(|known| known.id == issue.project);
        if let Some(project) = project {
            self.add_project(project);
        }
    }

    pub(crate) fn add_project(&mut self, project: &world::Project) {
        self.set("project.id", project.id);
        self.set("project.key", project.key);
    }

    pub(crate) fn add_content(&mut self, content: &world::Content) {
        for what in ["content", "page"] {
            self.set(&format!("{what}.id"), content.id);
            self.set(&format!("{what}.type"), "page");
            self.set(&format!("{what}.version"), 1);
        }
        self.set("page.title", content.title);
        self.add_space(&SPACES[0]);
    }

    pub(crate) fn add_space(&mut self, space: &Space) {
        self.set("space.id", space.id);
        self.set("space.key", space.key);
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

/// A Confluence space.
#[derive(Debug)]
pub(crate) struct Space {
    pub(crate) id: u64,
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
}

impl Space {
    pub(crate) fn named(key: &str) -> Option<&'static Self> {
        SPACES.iter().find(|space| space.key == key)
    }
}

pub(crate) fn issue(key: &str) -> Option<&'static world::Issue> {
    world::ISSUES.iter().find(|issue| issue.key == key)
}

pub(crate) fn project(key: &str) -> Option<&'static world::Project> {
    world::PROJECTS.iter().find(|project| project.key == key)
}

pub(crate) fn content(id: &str) -> Option<&'static world::Content> {
    world::CONTENTS.iter().find(|content| content.id == id)
}

pub(crate) const SPACES: &[Space] = &[Space {
    id: 65537,
    key: "DEMO",
    name: "Demonstration",
}];

const ISSUE_TYPE: u64 = 10001;

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

    #[test]
    fn claims_have_the_shape_of_the_products() {
        let mut place = Place::default();
        place.add_issue(&world::ISSUES[0]);
        assert_eq!(
            place.claims(Product::Jira),
            json!({ "jira": {
                "issue": { "id": "10100", "key": "DEMO-1", "issuetype": { "id": "10001" } },
                "project": { "id": "10000", "key": "DEMO" },
            } })
        );
        let mut place = Place::default();
        place.add_content(&world::CONTENTS[0]);
        place.set("macro.hash", "h");
        place.set("macro.body", "text");
        place.set("output.type", "display");
        assert_eq!(
            place.claims(Product::Confluence),
            json!({ "confluence": {
                "content": { "id": "32769", "type": "page", "version": "1" },
                "macro": { "hash": "h", "outputType": "display" },
                "space": { "id": "65537", "key": "DEMO" },
            } })
        );
        assert_eq!(Place::default().claims(Product::Jira), json!({}));
    }
}
