//! What the products themselves have on their pages, around what apps show there.

use minijinja::{Value, context};

use crate::{
    data::{self, Data, Issue, SPACE_KEY, jira::STATUSES, text::to_plain},
    pages::{modules::View, nav::shown_user, place::Place},
    state::{Site, lock},
    users::User,
    world,
};

/// What a view shows of the product itself.
#[derive(Debug)]
pub(crate) struct Native {
    pub(crate) place: Place,
    pub(crate) title: String,
    pub(crate) values: Value,
}

/// What the product itself has on a view; nothing when it has no such thing.
pub(crate) fn native(site: &Site, view: View, key: Option<&str>) -> Option<Native> {
    let mut place = Place::of_view(site, view);
    let kept = lock(&site.data);
    let (title, values) = match view {
        View::Board | View::Project | View::ProjectSettings => {
            let project = data::project(key?)?;
            place.add_project(project);
            let issues = issues(&kept, |issue| issue.project == project.id);
            let statuses = STATUSES.iter().map(|status| status.name);
            let values = context! {
                key => project.key, issues, others => projects(),
                statuses => statuses.collect::<Vec<_>>(),
            };
            (project.name.to_owned(), values)
        }
        View::Editor if key.is_none() => {
            place = Place::default();
            place.add_space();
            (
                "New page".to_owned(),
                context! { others => contents(&kept) },
            )
        }
        View::Content | View::Editor => {
            let content = kept.contents.get(&key?.parse().ok()?)?;
            place.add_content(content);
            let values = context! {
                key => content.id, body => content.body.as_str(), version => content.version,
                labels => content.labels.clone(), author => shown_account(site, &content.author),
                others => contents(&kept),
            };
            (content.title.clone(), values)
        }
        View::Issue => {
            let issue = kept.issue(key?)?;
            place.add_issue(issue);
            (issue.summary.clone(), whole_issue(site, &kept, issue))
        }
        View::Profile => {
            let person = User::person(key?)?;
            place.add_profile(&person);
            let values = context! { person => shown_user(&person), others => people() };
            (person.display_name, values)
        }
        View::Search => (
            "Issues".to_owned(),
            context! { issues => issues(&kept, |_| true) },
        ),
        View::Space | View::SpaceTools => {
            let key = key.filter(|key| *key == SPACE_KEY)?;
            let values = context! { key, others => contents(&kept) };
            ("Demonstration".to_owned(), values)
        }
        View::Agent | View::Portal => {
            let issue = kept.issue(place.get("issue.key")?)?;
            (format!("Request {}", issue.key), shown_issue(issue))
        }
        View::Admin => ("Administration".to_owned(), context! {}),
        View::Dashboard => ("Team dashboard".to_owned(), context! {}),
        View::Workflow => ("Workflow".to_owned(), context! {}),
        View::Everywhere | View::Nowhere => return None,
    };
    Some(Native {
        place,
        title,
        values,
    })
}

fn whole_issue(site: &Site, kept: &Data, issue: &Issue) -> Value {
    let plain = |text: &serde_json::Value| to_plain(text).as_str().map(str::to_owned);
    let comments: Vec<Value> = issue
        .comments
        .iter()
        .map(|comment| {
            context! { author => shown_account(site, &comment.author), text => plain(&comment.body) }
        })
        .collect();
    let moves: Vec<Value> = STATUSES
        .iter()
        .map(|status| context! { id => status.transition.0, name => status.name })
        .collect();
    context! {
        description => plain(&issue.description),
        reporter => shown_account(site, &issue.reporter),
        assignee => issue.assignee.as_deref().map(|id| shown_account(site, id)),
        kind => issue.issue_type.as_str(),
        priority => issue.priority.as_str(),
        labels => issue.labels.clone(),
        comments,
        moves,
        others => issues(kept, |other| other.project == issue.project),
        ..shown_issue(issue)
    }
}

fn shown_issue(issue: &Issue) -> Value {
    context! {
        id => issue.id, key => issue.key.as_str(), name => issue.summary.as_str(),
        status => issue.status.as_str(), path => format!("/browse/{}", issue.key),
    }
}

/// The first issues that fit: a page is no place for ten thousand.
fn issues(kept: &Data, fits: impl Fn(&Issue) -> bool) -> Vec<Value> {
    let found = kept.issues.values().filter(|issue| fits(issue));
    found.take(MOST_ROWS).map(shown_issue).collect()
}

fn projects() -> Vec<Value> {
    let shown = |project: &world::Project| context! { key => project.key, name => project.name };
    world::PROJECTS.iter().map(shown).collect()
}

fn contents(kept: &Data) -> Vec<Value> {
    let pages = kept
        .contents
        .values()
        .filter(|content| content.status == "current" && content.kind != "comment");
    pages
        .take(MOST_ROWS)
        .map(|content| {
            context! {
                key => content.id, name => content.title.as_str(), kind => content.kind.as_str(),
                path => format!("/pages/{}", content.id),
            }
        })
        .collect()
}

fn people() -> Vec<Value> {
    User::people()
        .map(|user| context! { key => user.account_id, name => user.display_name })
        .collect()
}

/// Somebody with an account, who may be gone.
fn shown_account(site: &Site, id: &str) -> Value {
    match User::find(site, id) {
        Some(user) => shown_user(&user),
        None => context! { name => id, account_id => id },
    }
}

/// How many issues or pages a list shows.
const MOST_ROWS: usize = 50;
