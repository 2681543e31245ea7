//! What a site keeps: issues, pages and what hangs on them. It begins with the things of
//! `world.rs` and changes as apps and people change it.

pub(crate) mod confluence;
mod files;
pub(crate) mod jira;
pub(crate) mod jql;
pub(crate) mod text;

use std::collections::{BTreeMap, HashMap};

use connect_core::Product;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use confluence::{Content, SPACE_ID, SPACE_KEY};
pub(crate) use files::File;
pub(crate) use jira::{Comment, Issue};

use crate::{clock, users::User, world};

/// Everything of one site.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Data {
    /// Issues by id, in the order in which they were made.
    pub(crate) issues: BTreeMap<u64, Issue>,
    /// Pages, blog posts and comments by id.
    pub(crate) contents: BTreeMap<u64, Content>,
    /// Webhooks that apps registered while they ran, by key of the app.
    pub(crate) hooks: BTreeMap<String, Vec<Hook>>,
    /// Properties of projects, by key of the project.
    pub(crate) project_properties: BTreeMap<String, BTreeMap<String, Value>>,
    /// Properties of people, by account id.
    pub(crate) user_properties: BTreeMap<String, BTreeMap<String, Value>>,
    /// Properties of items on dashboards, by id of the item.
    pub(crate) item_properties: BTreeMap<String, BTreeMap<String, Value>>,
    /// Properties of the space: value and version.
    pub(crate) space_properties: BTreeMap<String, (Value, u64)>,
    /// What the editors of macros and of steps of workflows saved: by id of the page, then by app,
    /// type and key of the module.
    pub(crate) macros: BTreeMap<String, BTreeMap<String, Saved>>,
    last_id: u64,
    /// The last number that was given in a project, by its key: none is given twice.
    numbers: BTreeMap<String, u64>,
    #[serde(skip)]
    by_key: HashMap<String, u64>,
}

/// What an editor of an app saved.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) parameters: Map<String, Value>,
    pub(crate) body: String,
}

/// A webhook that an app registered by REST (Jira, "Dynamic webhooks").
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) jql_filter: String,
    pub(crate) field_ids_filter: Vec<String>,
    pub(crate) issue_property_keys_filter: Vec<String>,
    /// Milliseconds since 1970.
    pub(crate) expires: u64,
}

impl Data {
    /// What a site of that product begins with.
    pub(crate) fn seeded(product: Product) -> Self {
        let mut data = Self {
            last_id: 40_000,
            ..Self::default()
        };
        match product {
            Product::Confluence => confluence::seed(&mut data),
            Product::Bitbucket | Product::Jira => jira::seed(&mut data),
        }
        data.index();
        data
    }

    /// Makes what is derived from the rest, after reading.
    pub(crate) fn index(&mut self) {
        for issue in self.issues.values() {
            if let Some((project, number)) = issue.key.rsplit_once('-') {
                let last = self.numbers.entry(project.to_owned()).or_default();
                *last = (*last).max(number.parse().unwrap_or(0));
            }
        }
        let keys = self.issues.values();
        self.by_key = keys.map(|issue| (issue.key.clone(), issue.id)).collect();
    }

    /// A number that nothing here has.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The issue of that key or id.
    pub(crate) fn issue(&self, name: &str) -> Option<&Issue> {
        let id = self.issue_id(name)?;
        self.issues.get(&id)
    }

    pub(crate) fn issue_mut(&mut self, name: &str) -> Option<&mut Issue> {
        let id = self.issue_id(name)?;
        self.issues.get_mut(&id)
    }

    fn issue_id(&self, name: &str) -> Option<u64> {
        let by_key = || self.by_key.get(&name.to_ascii_uppercase()).copied();
        name.parse().ok().or_else(by_key)
    }

    /// The files at all issues.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.issues.values().flat_map(|issue| &issue.files)
    }

    /// Adds an issue under the next number of its project.
    pub(crate) fn add_issue(&mut self, project: &world::Project, mut issue: Issue) -> u64 {
        let number = self.numbers.entry(project.key.to_owned()).or_default();
        *number += 1;
        issue.key = format!("{}-{number}", project.key);
        issue.id = self.next_id();
        let id = issue.id;
        self.by_key.insert(issue.key.clone(), id);
        self.issues.insert(id, issue);
        id
    }

    pub(crate) fn remove_issue(&mut self, name: &str) -> Option<Issue> {
        let id = self.issue_id(name)?;
        let issue = self.issues.remove(&id)?;
        self.by_key.remove(&issue.key);
        Some(issue)
    }
}

/// The project of that key or id.
pub(crate) fn project(name: &str) -> Option<&'static world::Project> {
    let id = name.parse().ok();
    let named = |project: &&world::Project| {
        project.key.eq_ignore_ascii_case(name) || Some(project.id) == id
    };
    world::PROJECTS.iter().find(named)
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    clock::unix_millis()
}

/// Account id of whoever makes what was there from the beginning.
fn founder() -> String {
    User::default_person().account_id
}

/// When the site was founded: 1 January 2026.
const FOUNDED: u64 = 1_767_225_600_000;
