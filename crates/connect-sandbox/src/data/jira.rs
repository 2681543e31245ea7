//! Issues and comments, and how Jira shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    data::{
        Data, FOUNDED, File, founder,
        text::{date, to_adf, to_plain},
    },
    state::Site,
    users::{User, avatar, avatars},
    world,
};

/// An issue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) key: String,
    /// Id of the project.
    pub(crate) project: u64,
    pub(crate) summary: String,
    /// A plain text, a document, or null.
    pub(crate) description: Value,
    /// Name of one of [`TYPES`].
    pub(crate) issue_type: String,
    /// Name of one of [`STATUSES`].
    pub(crate) status: String,
    /// Name of one of [`PRIORITIES`].
    pub(crate) priority: String,
    /// Account ids.
    pub(crate) assignee: Option<String>,
    pub(crate) reporter: String,
    pub(crate) labels: Vec<String>,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) updated: u64,
    /// When the status last went to another category; before it ever did, when it was made.
    #[serde(default)]
    moved: Option<u64>,
    /// Fields that only their writer knows: `customfield_10001`.
    pub(crate) other: Map<String, Value>,
    pub(crate) comments: Vec<Comment>,
    #[serde(default)]
    pub(crate) files: Vec<File>,
    pub(crate) properties: BTreeMap<String, Value>,
}

/// A comment at an issue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    /// A plain text or a document.
    pub(crate) body: Value,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) updated: u64,
}

/// In which form texts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plain texts: version 2, and webhooks.
    Plain,
    /// Documents: version 3.
    Document,
}

/// Whom things are shown for: addresses in them depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) site: &'a Site,
    /// Origin of the sandbox.
    pub(crate) origin: &'a str,
    pub(crate) form: Form,
}

impl Issue {
    pub(crate) fn new(project: &world::Project, summary: &str, reporter: &str, at: u64) -> Self {
        Self {
            id: 0,
            key: String::new(),
            project: project.id,
            summary: summary.to_owned(),
            description: Value::Null,
            issue_type: "Task".to_owned(),
            status: "To Do".to_owned(),
            priority: "Medium".to_owned(),
            assignee: None,
            reporter: reporter.to_owned(),
            labels: Vec::new(),
            created: at,
            updated: at,
            moved: None,
            other: Map::new(),
            comments: Vec::new(),
            files: Vec::new(),
            properties: BTreeMap::new(),
        }
    }

    /// Gives it another status.
    pub(crate) fn move_to(&mut self, status: &Status, at: u64) {
        if self.known_status().category != status.category {
            self.moved = Some(at);
        }
        status.name.clone_into(&mut self.status);
    }

    /// When its status last went to another category, or when it was made.
    pub(crate) fn moved(&self) -> u64 {
        self.moved.unwrap_or(self.created)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.known_status().category.1 == "done"
    }

    /// Key and name of the category of its status.
    pub(crate) fn status_category(&self) -> [&'static str; 2] {
        let (_, key, name, _) = self.known_status().category;
        [key, name]
    }

    fn known_status(&self) -> &'static Status {
        let known = STATUSES.iter().find(|status| status.name == self.status);
        known.unwrap_or(&STATUSES[0])
    }

    /// As REST and webhooks show it. Without a choice of fields all of them are shown.
    pub(crate) fn show(&self, view: View<'_>, wanted: Option<&[&str]>) -> Value {
        let mut fields = self.fields(view);
        let is_quiet = |name: &&str| QUIET.contains(name);
        if wanted.is_none_or(|wanted| wanted.iter().any(is_quiet)) {
            fields.extend(self.quiet_fields(view));
        }
        fields.extend(self.other.clone());
        if let Some(wanted) = wanted {
            fields.retain(|name, _| wanted.contains(&name.as_str()));
        }
        json!({
            "id": self.id.to_string(),
            "key": self.key,
            "self": format!("{}/issue/{}", view.rest(), self.id),
            "fields": fields,
        })
    }

    fn fields(&self, view: View<'_>) -> Map<String, Value> {
        let project = world::PROJECTS
            .iter()
            .find(|known| known.id == self.project);
        let shown = json!({
            "summary": self.summary,
            "description": view.text(&self.description),
            "issuetype": issue_type(view, &self.issue_type),
            "status": status(view, &self.status),
            "priority": priority(view, &self.priority),
            "project": project.map(|project| view.project(project)),
            "assignee": self.assignee.as_deref().map(|id| view.user(id)),
            "reporter": view.user(&self.reporter),
            "creator": view.user(&self.reporter),
            "labels": self.labels,
            "created": date(self.created),
            "updated": date(self.updated),
            "comment": {
                "comments": self.comments.iter().map(|comment| comment.show(view, self.id)).collect::<Vec<_>>(),
                "maxResults": self.comments.len(), "startAt": 0, "total": self.comments.len(),
            },
        });
        match shown {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// Fields about which the sandbox has little to say, and which every issue has all the same.
    fn quiet_fields(&self, view: View<'_>) -> impl Iterator<Item = (String, Value)> {
        let own = format!("{}/issue/{}", view.rest(), self.key);
        let moved = self.moved();
        let is_done = self.is_done();
        QUIET.iter().map(move |name| {
            let value = match *name {
                "attachment" => self.files.iter().map(|file| file.show(view)).collect(),
                "components" | "fixVersions" | "issuelinks" | "subtasks"
                | "versions" => json!([]),
                "aggregateprogress" | "progress" => json!({ "progress": 0, "total": 0 }),
                "resolution" if is_done => json!({
                    "self": format!("{}/resolution/10000", view.rest()), "id": "10000",
                    "name": "Done", "description": "",
                }),
                "resolutiondate" if is_done => date(moved).into(),
                "timetracking" => json!({}),
                "statuscategorychangedate" => date(moved).into(),
                "votes" => json!({ "self": format!("{own}/votes"), "votes": 0, "hasVoted": false }),
                "watches" => {
                    json!({ "self": format!("{own}/watchers"), "watchCount": 0, "isWatching": false })
                }
                "workratio" => (-1).into(),
                _ => Value::Null,
            };
            ((*name).to_owned(), value)
        })
    }
}

impl Comment {
    pub(crate) fn show(&self, view: View<'_>, issue: u64) -> Value {
        json!({
            "self": format!("{}/issue/{issue}/comment/{}", view.rest(), self.id),
            "id": self.id.to_string(),
            "author": view.user(&self.author),
            "updateAuthor": view.user(&self.author),
            "body": view.text(&self.body),
            "created": date(self.created),
            "updated": date(self.updated),
            "jsdPublic": true,
        })
    }
}

impl View<'_> {
    /// Address of the REST API in the version of this form.
    pub(crate) fn rest(self) -> String {
        let version = match self.form {
            Form::Document => 3,
            Form::Plain => 2,
        };
        format!("{}/rest/api/{version}", self.site.base_url)
    }

    fn text(self, text: &Value) -> Value {
        match self.form {
            Form::Document => to_adf(text),
            Form::Plain => to_plain(text),
        }
    }

    /// An account, also one that is gone.
    pub(crate) fn user(self, account_id: &str) -> Value {
        match User::find(self.site, account_id) {
            Some(user) => user.jira(self.site, self.origin),
            None => {
                json!({ "accountId": account_id, "displayName": "Former user", "active": false })
            }
        }
    }

    pub(crate) fn project(self, project: &world::Project) -> Value {
        json!({
            "self": format!("{}/project/{}", self.rest(), project.id),
            "id": project.id.to_string(),
            "key": project.key,
            "name": project.name,
            "avatarUrls": avatars(self.origin, project.key),
            "projectTypeKey": "software",
            "simplified": false,
        })
    }
}

/// A type of issues, by name.
pub(crate) fn issue_type(view: View<'_>, name: &str) -> Value {
    let found = TYPES.iter().find(|(_, known)| *known == name);
    found.map_or(Value::Null, |(id, name)| {
        json!({
            "self": format!("{}/issuetype/{id}", view.rest()), "id": id, "name": name,
            "description": "", "iconUrl": avatar(view.origin, name), "avatarId": 10_318,
            "subtask": false, "hierarchyLevel": i32::from(*name == "Epic"),
        })
    })
}

/// A status, by name.
pub(crate) fn status(view: View<'_>, name: &str) -> Value {
    let found = STATUSES.iter().find(|status| status.name == name);
    found.map_or(Value::Null, |status| {
        let (id, key, name, colour) = status.category;
        json!({
            "self": format!("{}/status/{}", view.rest(), status.id),
            "id": status.id, "name": status.name, "description": "",
            "iconUrl": avatar(view.origin, status.name),
            "statusCategory": {
                "self": format!("{}/statuscategory/{id}", view.rest()),
                "id": id, "key": key, "name": name, "colorName": colour,
            },
        })
    })
}

/// A priority, by name.
pub(crate) fn priority(view: View<'_>, name: &str) -> Value {
    let found = PRIORITIES.iter().find(|(_, known)| *known == name);
    found.map_or(Value::Null, |(id, name)| {
        json!({
            "self": format!("{}/priority/{id}", view.rest()), "id": id, "name": name,
            "iconUrl": avatar(view.origin, name),
        })
    })
}

/// The issues of a new site, with a little life in them.
pub(super) fn seed(data: &mut Data) {
    for (number, seed) in world::ISSUES.iter().enumerate() {
        let Some(project) = world::PROJECTS
            .iter()
            .find(|known| known.id == seed.project)
        else {
            continue;
        };
        let at = FOUNDED + number as u64 * 3_600_000;
        let mut issue = Issue::new(project, seed.summary, &founder(), at);
        issue.id = seed.id;
        seed.key.clone_into(&mut issue.key);
        issue.description = format!("{}, and say how it went.", seed.summary).into();
        issue.move_to(&STATUSES[number % STATUSES.len()], at);
        let people: Vec<User> = User::people().collect();
        issue.assignee = Some(people[number % people.len()].account_id.clone());
        if number % 2 == 0 {
            issue.labels.push("sandbox".to_owned());
            issue.comments.push(Comment {
                id: 20_000 + number as u64,
                author: people[(number + 1) % people.len()].account_id.clone(),
                body: "I can take a look tomorrow.".into(),
                created: at + 60_000,
                updated: at + 60_000,
            });
        }
        data.issues.insert(seed.id, issue);
    }
}

/// A status and its category: id, key, name, colour.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    category: (u8, &'static str, &'static str, &'static str),
    /// Id and name of the transition that leads there.
    pub(crate) transition: (&'static str, &'static str),
}

pub(crate) const STATUSES: &[Status] = &[
    Status {
        id: "10000",
        name: "To Do",
        category: (2, "new", "To Do", "blue-gray"),
        transition: ("11", "To Do"),
    },
    Status {
        id: "10001",
        name: "In Progress",
        category: (4, "indeterminate", "In Progress", "yellow"),
        transition: ("21", "In Progress"),
    },
    Status {
        id: "10002",
        name: "Done",
        category: (3, "done", "Done", "green"),
        transition: ("31", "Done"),
    },
];

/// Types of issues: id and name.
pub(crate) const TYPES: &[(&str, &str)] = &[
    ("10001", "Task"),
    ("10002", "Bug"),
    ("10003", "Story"),
    ("10004", "Epic"),
];

/// Priorities: id and name.
pub(crate) const PRIORITIES: &[(&str, &str)] = &[
    ("1", "Highest"),
    ("2", "High"),
    ("3", "Medium"),
    ("4", "Low"),
    ("5", "Lowest"),
];

/// Fields that [`Issue::quiet_fields`] fills.
const QUIET: &[&str] = &[
    "aggregateprogress",
    "aggregatetimeestimate",
    "aggregatetimespent",
    "attachment",
    "components",
    "duedate",
    "environment",
    "fixVersions",
    "issuelinks",
    "lastViewed",
    "progress",
    "resolution",
    "resolutiondate",
    "security",
    "statuscategorychangedate",
    "subtasks",
    "timeestimate",
    "timeoriginalestimate",
    "timespent",
    "timetracking",
    "versions",
    "votes",
    "watches",
    "workratio",
];
