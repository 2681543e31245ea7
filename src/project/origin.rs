//! Where a setting comes from.

use std::fmt;
use std::path::Path;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::project::read_text;

/// Where a setting comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody said anything.
    #[default]
    Default,
    /// A line of a file of the project.
    File {
        /// Its name.
        name: &'static str,
        /// The line, from 1; none if it cannot be told.
        line: Option<usize>,
        /// The variables that are filled in there.
        filled: Vec<String>,
    },
    /// A variable of the environment.
    Variable(String),
}

impl Origin {
    /// The place of a key in a file: names of members, from the outermost on.
    pub(crate) fn in_file(folder: &Path, name: &'static str, path: &[&str]) -> Self {
        let text = read_text(&folder.join(name)).unwrap_or_default();
        let (line, filled) = find(&text, path).unwrap_or_default();
        Self::File {
            name,
            line: Some(line).filter(|line| *line > 0),
            filled,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line, filled } => {
                f.write_str(name)?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                filled.iter().try_for_each(|name| write!(f, ", ${name}"))
            }
            Self::Variable(name) => write!(f, "env {name}"),
        }
    }
}

/// The line of a member, and the variables in its text.
fn find(text: &str, path: &[&str]) -> Option<(usize, Vec<String>)> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
    let root = parsed.ok()?.value?;
    let (last, outer) = path.split_last()?;
    let object = |value| match value {
        Value::Object(object) => Some(object),
        _ => None,
    };
    let inside = outer.iter().try_fold(object(root)?, |within, name| {
        object(member(within, name)?.value)
    })?;
    let found = member(inside, last)?;
    let line = text[..found.range.start].matches('\n').count() + 1;
    let filled = match &found.value {
        Value::StringLit(value) => variables(&value.value),
        _ => Vec::new(),
    };
    Some((line, filled))
}

/// The last member of that name: it is the one that counts.
fn member<'a>(object: Object<'a>, name: &str) -> Option<ObjectProp<'a>> {
    let mut members = object.properties.into_iter();
    members.rfind(|member| member.name.as_str() == name)
}

/// Names after `$`, as ACE fills them in.
fn variables(text: &str) -> Vec<String> {
    let names = text.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_where_it_stands() {
        let text = "{\n  // why\n  'hosts': {\n    'https://a.example': {\n      password: 'x-$TOKEN' } },\n  port: 1,\n  port: 2,\n}";
        let line = |path: &[&str]| find(text, path).map(|found| found.0);
        assert_eq!(line(&["port"]), Some(7));
        assert_eq!(line(&["hosts", "https://a.example"]), Some(4));
        assert_eq!(line(&["hosts", "https://b.example"]), None);
        assert_eq!(line(&["port", "x"]), None);
        let token = find(text, &["hosts", "https://a.example", "password"]);
        assert_eq!(token, Some((5, vec!["TOKEN".to_owned()])));
    }
}
