//! As much of Jira's query language as filters of webhooks and searches of apps mostly need.
//!
//! What is not known here is not guessed at: the query as a whole is refused.

use crate::data::{Data, Issue, project};

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
    Status,
    Summary,
    Text,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Created,
    Key,
    Updated,
}

impl Query {
    /// Reads a query; nothing when it has something in it that is not known here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut reader = Reader {
            rest: &tokens,
            depth: 0,
        };
        let filter = match reader.rest.first() {
            None => Filter::All(Vec::new()),
            Some(token) if token.is("order") => Filter::All(Vec::new()),
            Some(_) => reader.any()?,
        };
        let mut order = Vec::new();
        if reader.take("order") {
            reader.take("by").then_some(())?;
            loop {
                let field = match reader.word()?.to_ascii_lowercase().as_str() {
                    "created" | "createddate" => Order::Created,
                    "id" | "issuekey" | "key" => Order::Key,
                    "updated" | "updateddate" => Order::Updated,
                    _ => return None,
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
            found.sort_by_key(|issue| match field {
                Order::Created => issue.created,
                Order::Key => issue.id,
                Order::Updated => issue.updated,
            });
            if *descending {
                found.reverse();
            }
        }
        found
    }
}

impl Filter {
    fn matches(&self, issue: &Issue, user: Option<&str>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(issue, user)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(issue, user)),
            Self::Not(part) => !part.matches(issue, user),
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
            "reporter" => Self::Reporter,
            "status" => Self::Status,
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
            Self::Status => vec![issue.status.clone()],
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

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Quoted(String),
    Sign(&'static str),
    Word(String),
}

impl Token {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Quoted(_) => false,
            Self::Sign(sign) => *sign == text,
            Self::Word(word) => word.eq_ignore_ascii_case(text),
        }
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        rest = if let Some(sign) = sign {
            tokens.push(Token::Sign(sign));
            &rest[sign.len()..]
        } else if first == '"' || first == '\'' {
            let (quoted, after) = rest[1..].split_once(first)?;
            if quoted.contains('\\') {
                return None;
            }
            tokens.push(Token::Quoted(quoted.to_owned()));
            after
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "(),=!~<>\"'".contains(c));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            if word.is_empty() {
                return None;
            }
            tokens.push(Token::Word(word.to_owned()));
            after
        }
        .trim_start();
    }
    Some(tokens)
}

struct Reader<'a> {
    rest: &'a [Token],
    depth: usize,
}

impl Reader<'_> {
    fn any(&mut self) -> Option<Filter> {
        let mut parts = vec![self.all()?];
        while self.take("or") || self.take("||") {
            parts.push(self.all()?);
        }
        Some(Filter::Any(parts))
    }

    fn all(&mut self) -> Option<Filter> {
        let mut parts = vec![self.one()?];
        while self.take("and") || self.take("&&") {
            parts.push(self.one()?);
        }
        Some(Filter::All(parts))
    }

    fn one(&mut self) -> Option<Filter> {
        // Bounded: a query may come from anybody.
        self.depth += 1;
        if self.depth > 200 {
            return None;
        }
        if self.take("not") || self.take("!") {
            return Some(Filter::Not(Box::new(self.one()?)));
        }
        if self.take("(") {
            let inner = self.any()?;
            return self.take(")").then_some(inner);
        }
        let field = Field::parse(self.word()?)?;
        let not = |filter| Filter::Not(Box::new(filter));
        Some(if self.take("=") {
            Filter::Is(field, vec![self.value()?])
        } else if self.take("!=") {
            not(Filter::Is(field, vec![self.value()?]))
        } else if self.take("~") {
            Filter::Contains(field, self.value()?)
        } else if self.take("!~") {
            not(Filter::Contains(field, self.value()?))
        } else if self.take("in") {
            Filter::Is(field, self.list()?)
        } else if self.take("not") {
            self.take("in").then_some(())?;
            not(Filter::Is(field, self.list()?))
        } else if self.take("is") {
            let negated = self.take("not");
            (self.take("empty") || self.take("null")).then_some(())?;
            let empty = Filter::Is(field, Vec::new());
            if negated { not(empty) } else { empty }
        } else {
            return None;
        })
    }

    fn list(&mut self) -> Option<Vec<String>> {
        self.take("(").then_some(())?;
        let mut values = vec![self.value()?];
        while self.take(",") {
            values.push(self.value()?);
        }
        self.take(")").then_some(values)
    }

    fn value(&mut self) -> Option<String> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            Token::Quoted(text) => Some(text.clone()),
            Token::Word(word) if self.take("(") => {
                let known = word.eq_ignore_ascii_case("currentUser") && self.take(")");
                known.then(|| CURRENT_USER.to_owned())
            }
            Token::Word(word) if word.eq_ignore_ascii_case("empty") => None,
            Token::Word(word) => Some(word.clone()),
            Token::Sign(_) => None,
        }
    }

    fn word(&mut self) -> Option<&str> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if first.is(text) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

/// Longer ones first.
const SIGNS: &[&str] = &[
    "!=", "!~", "&&", "||", "<=", ">=", "(", ")", ",", "=", "~", "!", "<", ">",
];

/// No value of a query: no word has a blank in it.
const CURRENT_USER: &str = "current user";

#[cfg(test)]
mod tests {
    use connect_core::Product;

    use super::*;

    fn keys(jql: &str) -> Option<Vec<String>> {
        let data = Data::seeded(Product::Jira);
        let found = Query::parse(jql)?.select(&data, Some("712020:ada"));
        Some(found.iter().map(|issue| issue.key.clone()).collect())
    }

    #[test]
    fn queries_find_what_they_say() {
        for (jql, expected) in [
            ("", "DEMO-1 DEMO-2 PLAN-1 PLAN-2 OPS-1"),
            ("project = DEMO", "DEMO-1 DEMO-2"),
            ("project = 'Planning' and key != PLAN-1", "PLAN-2"),
            (
                "project in (OPS, PLAN) ORDER BY key DESC",
                "OPS-1 PLAN-2 PLAN-1",
            ),
            ("key = demo-2 or issue = OPS-1", "DEMO-2 OPS-1"),
            ("NOT (project = DEMO OR project = PLAN)", "OPS-1"),
            ("summary ~ \"disk\"", "OPS-1"),
            ("text ~ tomorrow and project = DEMO", "DEMO-1"),
            ("labels is EMPTY", "DEMO-2 PLAN-2"),
            ("labels is not empty and status = Done", "PLAN-1"),
            ("assignee = currentUser()", "DEMO-1 OPS-1"),
            (
                "assignee not in (currentUser(), 712020:grace) order by created",
                "PLAN-1 PLAN-2",
            ),
        ] {
            let found = keys(jql).unwrap_or_else(|| panic!("{jql} is not understood"));
            assert_eq!(found.join(" "), expected, "{jql}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_as_a_whole() {
        for jql in [
            "sprint = 1",
            "project = DEMO and sprint = 1",
            "created > -1d",
            "project =",
            "project = DEMO)",
            "key in ()",
            "assignee = membersOf(x)",
            "summary ~ \"a",
            "order by rank",
            &"(".repeat(10_000),
        ] {
            assert!(keys(jql).is_none(), "{jql}");
        }
    }
}
