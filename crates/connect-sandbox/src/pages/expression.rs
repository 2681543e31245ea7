//! Jira expressions of the condition `jira_expression`, as far as they are plain: literals, lists,
//! comparisons, `&&`, `||`, `!`, `includes`, `length`, and properties of issue, project and user
//! (Atlassian, "Jira expressions").
//!
//! Anything else has no value here, and neither has the whole of it then.

use serde_json::{Map, Value, json};

use crate::{
    data::{
        self, Data, Issue,
        jira::{STATUSES, TYPES},
    },
    pages::conditions::Situation,
    state::lock,
    users::User,
    world,
};

/// Whether an expression is true; nothing when that cannot be told.
pub(super) fn holds(text: &str, situation: Situation<'_>) -> Option<bool> {
    let context = context(situation);
    evaluate(text, &context)?.as_bool()
}

/// What an expression comes to among these variables.
fn evaluate(text: &str, context: &Value) -> Option<Value> {
    if text.len() > LONGEST {
        return None;
    }
    let mut reader = Reader {
        rest: text.trim_start(),
        context,
        depth: 0,
    };
    let value = reader.any()?;
    reader.rest.is_empty().then_some(value)
}

/// The variables there are where one is.
fn context(situation: Situation<'_>) -> Value {
    let place = &situation.viewer.place;
    let data = lock(&situation.site.data);
    let mut context = Map::new();
    let user = situation.viewer.user.as_ref();
    context.insert(
        "user".to_owned(),
        user.map_or(Value::Null, |user| person(&data, user)),
    );
    if let Some(found) = place.get("project.key").and_then(data::project) {
        context.insert("project".to_owned(), project(&data, found));
    }
    if let Some(found) = place.get("issue.key").and_then(|key| data.issue(key)) {
        let account = |id: &str| {
            let user = User::find(situation.site, id);
            user.map_or(Value::Null, |user| person(&data, &user))
        };
        context.insert("issue".to_owned(), issue(&data, found, account));
    }
    context.into()
}

fn person(data: &Data, user: &User) -> Value {
    json!({
        "accountId": user.account_id, "displayName": user.display_name,
        "properties": data.user_properties.get(&user.account_id).cloned().unwrap_or_default(),
    })
}

fn project(data: &Data, project: &world::Project) -> Value {
    json!({
        "id": project.id, "key": project.key, "name": project.name,
        "projectTypeKey": "software", "style": "classic",
        "properties": data.project_properties.get(project.key).cloned().unwrap_or_default(),
    })
}

fn issue(data: &Data, issue: &Issue, account: impl Fn(&str) -> Value) -> Value {
    let [category, category_name] = issue.status_category();
    let status = STATUSES.iter().find(|known| known.name == issue.status);
    let kind = TYPES.iter().find(|(_, name)| *name == issue.issue_type);
    let own = world::PROJECTS
        .iter()
        .find(|known| known.id == issue.project);
    json!({
        "id": issue.id, "key": issue.key, "summary": issue.summary, "labels": issue.labels,
        "status": {
            "id": status.map(|status| status.id), "name": issue.status,
            "category": { "key": category, "name": category_name },
        },
        "issueType": { "id": kind.map(|(id, _)| id), "name": issue.issue_type },
        "priority": { "name": issue.priority },
        "resolution": issue.is_done().then(|| json!({ "name": "Done" })),
        "assignee": issue.assignee.as_deref().map(&account),
        "reporter": account(&issue.reporter), "creator": account(&issue.reporter),
        "project": own.map(|own| project(data, own)),
        "isEpic": issue.issue_type == "Epic", "parent": null, "properties": issue.properties,
    })
}

struct Reader<'a> {
    rest: &'a str,
    context: &'a Value,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<Value> {
        // Bounded: a descriptor may come from anybody.
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut value = self.all()?;
        while self.take("||") {
            let other = self.all()?;
            value = (value.as_bool()? || other.as_bool()?).into();
        }
        self.depth -= 1;
        Some(value)
    }

    fn all(&mut self) -> Option<Value> {
        let mut value = self.equal()?;
        while self.take("&&") {
            let other = self.equal()?;
            value = (value.as_bool()? && other.as_bool()?).into();
        }
        Some(value)
    }

    fn equal(&mut self) -> Option<Value> {
        let mut value = self.compared()?;
        loop {
            let equal = self.take("==");
            if !equal && !self.take("!=") {
                return Some(value);
            }
            value = (same(&value, &self.compared()?) == equal).into();
        }
    }

    fn compared(&mut self) -> Option<Value> {
        let value = self.negated()?;
        let sign = ["<=", ">=", "<", ">"]
            .into_iter()
            .find(|sign| self.take(sign));
        let Some(sign) = sign else {
            return Some(value);
        };
        let (one, other) = (value.as_f64()?, self.negated()?.as_f64()?);
        let holds = match sign {
            "<" => one < other,
            "<=" => one <= other,
            ">" => one > other,
            _ => one >= other,
        };
        Some(holds.into())
    }

    fn negated(&mut self) -> Option<Value> {
        let mut times = 0;
        while !self.rest.starts_with("!=") && self.take("!") {
            times += 1;
        }
        let value = self.member()?;
        match times {
            0 => Some(value),
            times => Some((value.as_bool()? == (times % 2 == 0)).into()),
        }
    }

    /// A value, and what of it is meant.
    fn member(&mut self) -> Option<Value> {
        let mut value = self.first()?;
        loop {
            let or_null = self.take("?.");
            value = if or_null || self.take(".") {
                let name = self.name()?;
                match name {
                    _ if or_null && value.is_null() => Value::Null,
                    "includes" => {
                        self.take("(").then_some(())?;
                        let wanted = self.any()?;
                        self.take(")").then_some(())?;
                        includes(&value, &wanted)?.into()
                    }
                    "length" if !value.is_object() => length(&value)?.into(),
                    name => value.get(name)?.clone(),
                }
            } else if self.take("[") {
                let key = self.any()?;
                self.take("]").then_some(())?;
                match (&value, &key) {
                    // A property that nobody has set.
                    (Value::Object(members), Value::String(key)) => {
                        members.get(key).cloned().unwrap_or_default()
                    }
                    (Value::Array(items), key) => {
                        let at = usize::try_from(key.as_u64()?).ok()?;
                        items.get(at)?.clone()
                    }
                    _ => return None,
                }
            } else {
                return Some(value);
            };
        }
    }

    fn first(&mut self) -> Option<Value> {
        if self.take("(") {
            let value = self.any()?;
            return self.take(")").then_some(value);
        }
        if self.take("[") {
            let mut items = Vec::new();
            while !self.take("]") {
                if !items.is_empty() {
                    self.take(",").then_some(())?;
                }
                items.push(self.any()?);
            }
            return Some(items.into());
        }
        let first = self.rest.chars().next()?;
        if first == '"' || first == '\'' {
            let (text, rest) = self.rest[1..].split_once(first)?;
            self.go_on(rest);
            return (!text.contains('\\')).then(|| text.into());
        }
        if first.is_ascii_digit() || first == '-' {
            let end = self
                .rest
                .find(|c: char| !(c.is_ascii_digit() || "-.".contains(c)));
            let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.go_on(rest);
            return match number.parse::<i64>() {
                Ok(whole) => Some(whole.into()),
                Err(_) => number.parse::<f64>().ok().map(Value::from),
            };
        }
        match self.name()? {
            "false" => Some(false.into()),
            "null" => Some(Value::Null),
            "true" => Some(true.into()),
            name => self.context.get(name).cloned(),
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.go_on(rest);
        (!name.is_empty()).then_some(name)
    }

    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.go_on(rest);
                true
            }
            None => false,
        }
    }

    fn go_on(&mut self, rest: &'a str) {
        self.rest = rest.trim_start();
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

fn includes(value: &Value, wanted: &Value) -> Option<bool> {
    match value {
        Value::Array(items) => Some(items.iter().any(|item| same(item, wanted))),
        Value::String(text) => Some(text.contains(wanted.as_str()?)),
        _ => None,
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::String(text) => Some(text.encode_utf16().count()),
        _ => None,
    }
}

/// Longest expression that is read, in bytes.
const LONGEST: usize = 4_096;

const DEEPEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<Value> {
        let context = json!({
            "user": { "accountId": "ada", "properties": {} },
            "issue": {
                "key": "DEMO-1", "labels": ["a", "b"], "assignee": null, "id": 10_100,
                "status": { "name": "Done" }, "properties": { "p": { "on": true, "n": 3 } },
            },
        });
        evaluate(text, &context)
    }

    #[test]
    fn plain_expressions_have_a_value() {
        for (text, expected) in [
            ("true", true),
            ("!false && !(true && false)", true),
            ("!!true == !false", true),
            ("1 < 2 && 2.5 >= 2.5 && -1 != 1", true),
            ("issue.status.name == 'Done'", true),
            ("issue.status.name != \"Done\"", false),
            ("['To Do', 'Done'].includes(issue.status.name)", true),
            (
                "issue.labels.includes('c') || issue.labels.length == 2",
                true,
            ),
            ("issue.key.includes('DEMO')", true),
            ("issue.labels[1] == 'b'", true),
            ("issue.assignee == null", true),
            ("issue.assignee?.accountId == user.accountId", false),
            ("issue.properties['p'].on", true),
            ("issue.properties['p']['n'] == 3.0", true),
            ("issue.properties['q'] == null", true),
            ("issue.id == 10100", true),
            ("[] == []", true),
            ("  true  ", true),
        ] {
            assert_eq!(value(text), Some(json!(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_has_none() {
        for text in [
            "",
            "true &&",
            "1 && true",
            "'a' < 'b'",
            "issue.assignee.accountId == null",
            "issue.comments.length > 0",
            "sprint.state == 'active'",
            "issue.labels.map(l => l.length)",
            "let x = 1; x == 1",
            "issue.status.name ==",
            "issue.labels[7]",
            "'it\\'s'",
            "(true",
            "[1 2]",
            "true true",
            "--1 == 1",
            "é",
            &"(".repeat(10_000),
            &"!(".repeat(2_000),
            &"[".repeat(4_000),
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
