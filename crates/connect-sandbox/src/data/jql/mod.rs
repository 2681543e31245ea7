//! As much of Jira's query language as filters of webhooks and searches of apps mostly need.
//!
//! What is not known here is not guessed at: the query as a whole is refused.

mod dates;
mod read;

use crate::data::{
    self, Data, Issue,
    jira::PRIORITIES,
    jql::{
        dates::Compared,
        read::{Reader, tokens},
    },
    project,
};

/// A query that is understood.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    filter: Filter,
    /// Field, and whether the last comes first.
    order: Vec<(Order, bool)>,
}

#[derive(Clone, Debug)]
enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The field has one of the values; without values it has none at all.
    Is(Field, Vec<String>),
    Contains(Field, String),
    /// The moment is so to that one, in milliseconds since 1970; none is to no other.
    When(Moment, Compared, i64),
    /// There is no such moment.
    Never(Moment),
}

/// A field that holds a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Created,
    Due,
    Resolved,
    StatusCategoryChanged,
    Updated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Assignee,
    IssueType,
    Key,
    Labels,
    Priority,
    Project,
    Reporter,
    Resolution,
    Status,
    StatusCategory,
    Summary,
    Text,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    At(Moment),
    Key,
    Priority,
}

/// Whether a text is a date, such as `2026-01-31`.
pub(crate) fn is_date(text: &str) -> bool {
    !text.contains(['/', ' ', '+']) && dates::absolute(text).is_some()
}

impl Query {
    /// Reads a query; nothing when it has something in it that is not known here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::parse_at(text, i64::try_from(data::now()).unwrap_or(i64::MAX))
    }

    /// The same at another moment, in milliseconds since 1970.
    fn parse_at(text: &str, now: i64) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut reader = Reader::new(&tokens, now);
        let filter = match reader.rest.first() {
            None => Filter::All(Vec::new()),
            Some(token) if token.is("order") => Filter::All(Vec::new()),
            Some(_) => reader.any()?,
        };
        let mut order = Vec::new();
        if reader.take("order") {
            reader.take("by").then_some(())?;
            loop {
                let field = match reader.word()? {
                    word if Moment::parse(word).is_some() => Order::At(Moment::parse(word)?),
                    word => match word.to_ascii_lowercase().as_str() {
                        "id" | "issuekey" | "key" => Order::Key,
                        "priority" => Order::Priority,
                        _ => return None,
                    },
                };
                let descending = reader.take("desc");
                if !descending {
                    reader.take("asc");
                }
                order.push((field, descending));
                if !reader.take(",") {
                    break;
                }
            }
        }
        reader.rest.is_empty().then_some(Self { filter, order })
    }

    /// Whether an issue is meant; `user` is the account that `currentUser()` stands for.
    pub(crate) fn matches(&self, issue: &Issue, user: Option<&str>) -> bool {
        self.filter.matches(issue, user)
    }

    /// The issues that are meant, in the order that is asked for.
    pub(crate) fn select<'a>(&self, data: &'a Data, user: Option<&str>) -> Vec<&'a Issue> {
        let all = data.issues.values();
        let mut found: Vec<&Issue> = all.filter(|issue| self.matches(issue, user)).collect();
        for (field, descending) in self.order.iter().rev() {
            // Those without a moment come last, in either direction.
            found.sort_by_key(|issue| {
                let rank = field.rank(issue);
                let turned = rank.map(|rank| if *descending { -rank } else { rank });
                (turned.is_none(), turned)
            });
        }
        found
    }
}

impl Order {
    fn rank(self, issue: &Issue) -> Option<i64> {
        match self {
            Self::At(moment) => moment.of(issue),
            Self::Key => i64::try_from(issue.id).ok(),
            // The highest is the last when one counts upwards.
            Self::Priority => {
                let names = PRIORITIES.iter().rev();
                let at = names
                    .map(|(_, name)| *name)
                    .position(|name| name == issue.priority);
                i64::try_from(at?).ok()
            }
        }
    }
}

impl Moment {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "created" | "createddate" => Self::Created,
            "due" | "duedate" => Self::Due,
            "resolutiondate" | "resolved" => Self::Resolved,
            "statuscategorychangeddate" => Self::StatusCategoryChanged,
            "updated" | "updateddate" => Self::Updated,
            _ => return None,
        })
    }

    fn of(self, issue: &Issue) -> Option<i64> {
        let millis = match self {
            Self::Created => issue.created,
            Self::Due => return dates::moment(issue.other.get("duedate")?.as_str()?, 0),
            Self::Resolved => issue.is_done().then(|| issue.moved())?,
            Self::StatusCategoryChanged => issue.moved(),
            Self::Updated => issue.updated,
        };
        i64::try_from(millis).ok()
    }
}

impl Filter {
    /// Whether it asks for a field that has no value.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Is(_, wanted) if wanted.is_empty())
    }

    fn matches(&self, issue: &Issue, user: Option<&str>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(issue, user)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(issue, user)),
            Self::Not(part) => !part.matches(issue, user),
            Self::Never(moment) => moment.of(issue).is_none(),
            Self::When(moment, compared, named) => {
                let is = moment.of(issue);
                is.is_some_and(|is| compared.holds(is, *named))
            }
            Self::Is(field, wanted) if wanted.is_empty() => field.values(issue).is_empty(),
            Self::Is(field, wanted) => field.values(issue).iter().any(|value| {
                wanted.iter().any(|wanted| match wanted.as_str() {
                    CURRENT_USER => user == Some(value),
                    wanted => value.eq_ignore_ascii_case(wanted),
                })
            }),
            Self::Contains(field, part) => {
                let part = part.to_lowercase();
                let values = field.values(issue);
                values
                    .iter()
                    .any(|value| value.to_lowercase().contains(&part))
            }
        }
    }
}

impl Field {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "assignee" => Self::Assignee,
            "id" | "issue" | "issuekey" | "key" => Self::Key,
            "issuetype" | "type" => Self::IssueType,
            "labels" => Self::Labels,
            "priority" => Self::Priority,
            "project" => Self::Project,
            "creator" | "reporter" => Self::Reporter,
            "resolution" => Self::Resolution,
            "status" => Self::Status,
            "statuscategory" => Self::StatusCategory,
            "summary" => Self::Summary,
            "text" => Self::Text,
            _ => return None,
        })
    }

    fn values(self, issue: &Issue) -> Vec<String> {
        match self {
            Self::Assignee => issue.assignee.clone().into_iter().collect(),
            Self::IssueType => vec![issue.issue_type.clone()],
            Self::Key => vec![issue.key.clone(), issue.id.to_string()],
            Self::Labels => issue.labels.clone(),
            Self::Priority => vec![issue.priority.clone()],
            Self::Project => match project(&issue.project.to_string()) {
                Some(project) => vec![
                    project.key.to_owned(),
                    project.name.to_owned(),
                    project.id.to_string(),
                ],
                None => Vec::new(),
            },
            Self::Reporter => vec![issue.reporter.clone()],
            Self::Resolution => {
                let done = issue.is_done().then(|| "Done".to_owned());
                done.into_iter().collect()
            }
            Self::Status => vec![issue.status.clone()],
            Self::StatusCategory => {
                let names = issue.status_category();
                names.map(str::to_owned).into()
            }
            Self::Summary => vec![issue.summary.clone()],
            Self::Text => {
                let text = |value| match crate::data::text::to_plain(value) {
                    serde_json::Value::String(text) => text,
                    _ => String::new(),
                };
                let comments = issue.comments.iter().map(|comment| text(&comment.body));
                [issue.summary.clone(), text(&issue.description)]
                    .into_iter()
                    .chain(comments)
                    .collect()
            }
        }
    }
}

/// No value of a query: no word has a blank in it.
const CURRENT_USER: &str = "current user";

#[cfg(test)]
mod tests;
