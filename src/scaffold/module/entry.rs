//! A module with all that is to be known of it: what was said, and what is usual where nothing was.

use connect_validator::{Product, Summary};

use super::kinds::{usual_event, usual_place};
use super::{AddError, Answer, App, Kind};
use crate::scaffold::AppName;

/// A module to be added, as far as it was said.
#[derive(Clone, Debug)]
pub(crate) struct Addition {
    /// Its type.
    pub(crate) kind: &'static Kind,
    /// The product it is for, one of those of the app ([`App::products`]).
    pub(crate) product: Product,
    /// Its key.
    pub(crate) key: Option<String>,
    /// Its name for people.
    pub(crate) name: Option<String>,
    /// Its address.
    pub(crate) url: Option<String>,
    /// Where in the product it stands.
    pub(crate) location: Option<String>,
    /// The event of a webhook.
    pub(crate) event: Option<String>,
    /// Whether route, view and test are made too.
    pub(crate) with_code: bool,
}

/// A module with all that is to be known of it.
pub(super) struct Module {
    pub(super) kind: &'static Kind,
    pub(super) key: String,
    /// Its key as names of files and of Rust.
    pub(super) names: AppName,
    pub(super) name: String,
    url: String,
    /// The part of the address that a route has.
    pub(super) path: String,
    location: String,
    pub(super) event: String,
}

impl Module {
    /// Checks what was said, and adds what was not.
    ///
    /// # Errors
    /// When an answer is none, or the app has something of the same name.
    pub(super) fn of(
        addition: &Addition,
        app: &App<'_>,
        facts: &Summary,
    ) -> Result<Self, AddError> {
        let kind = addition.kind;
        let product = match addition.product {
            Product::Confluence => "confluence",
            _ => "jira",
        };
        let fits = connect_validator::module_kinds()
            .any(|known| known.name == kind.name && known.products.contains(&addition.product));
        if !fits {
            return Err(AddError::Product {
                kind: kind.name,
                product: addition.product,
            });
        }
        let only = |what, given: &Option<String>, placeholder: &str| match given {
            Some(value) if !kind.entry.contains(placeholder) => Err(AddError::Answer {
                what,
                value: value.clone(),
                expected: "nothing: this type of module has none",
            }),
            _ => Ok(given.clone()),
        };
        let location = only("location", &addition.location, "$PLACE")?;
        let event = only("event", &addition.event, "$EVENT")?;
        let event = event.unwrap_or_else(|| usual_event(product).to_owned());
        let name = match &addition.name {
            Some(name) => name.trim().to_owned(),
            None => usual_name(kind.name),
        };
        check_name(&name)?;
        let is_event = kind.answer == Answer::Event;
        let (key, names) = match &addition.key {
            Some(key) => (key.clone(), names(key)?),
            None if is_event => {
                let last = event.rsplit(':').next().unwrap_or_default();
                let names = names(&last.replace('_', "-"))?;
                (names.slug().to_owned(), names)
            }
            None => free_key(&name, app, facts)?,
        };
        let taken = |what: String, flag| Err(AddError::Taken { what, flag });
        let has_key = |key: &str| facts.modules.iter().any(|m| m.key.as_deref() == Some(key));
        if has_key(&key) {
            return taken(format!("a module with the key `{key}`"), "--key");
        }
        let same = |module: &connect_validator::Module| module.event.as_ref() == Some(&event);
        if is_event && facts.modules.iter().any(same) {
            return taken(format!("a webhook of `{event}`"), "--event");
        }
        let slug = names.slug();
        let usual = match kind.answer {
            Answer::Event => format!("/webhooks/{slug}"),
            _ => format!("/{slug}"),
        };
        let url = addition.url.clone().unwrap_or(usual);
        let path = url.split('?').next().unwrap_or_default().to_owned();
        if !is_absolute(&url) && !is_plain(&path) {
            return Err(AddError::Answer {
                what: "address",
                value: url,
                expected: "a path such as `/report`, with `{...}` in its query only",
            });
        }
        let location = location.unwrap_or_else(|| usual_place(kind.name, product).to_owned());
        Ok(Self {
            kind,
            key,
            names,
            name,
            url,
            path,
            location,
            event,
        })
    }

    /// What of this app answers it: nothing if it leads elsewhere.
    pub(super) fn answer(&self) -> Answer {
        match is_absolute(&self.url) {
            true => Answer::Nothing,
            false => self.kind.answer,
        }
    }

    /// The method of its route.
    pub(super) fn method(&self) -> &'static str {
        match self.kind.answer {
            Answer::Asked | Answer::Called | Answer::Event => "POST",
            _ => "GET",
        }
    }

    /// An entry of the table with its placeholders filled in.
    pub(super) fn entry(&self, table: &str) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let inside = |value: &str| text(value)[1..].trim_end_matches('"').to_owned();
        let values = [
            ("EVENT", inside(&self.event)),
            (
                "ICON",
                r#"{"width":24,"height":24,"url":"/icon.svg"}"#.to_owned(),
            ),
            ("KEY", inside(&self.key)),
            ("NAME", format!(r#"{{"value":{}}}"#, text(&self.name))),
            ("PLACE", inside(&self.location)),
            ("URL", inside(&self.url)),
            ("WORD", word(&self.names)),
        ];
        let mut parts = table.split('$');
        let mut entry = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let known = values.iter().find(|(name, _)| part.starts_with(name));
            match known {
                Some((name, value)) => entry.extend([value, &part[name.len()..]]),
                None => entry.extend(["$", part]),
            }
        }
        entry
    }
}

/// A key of these words that nothing has yet.
fn free_key(name: &str, app: &App<'_>, facts: &Summary) -> Result<(String, AppName), AddError> {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect();
    let base = names(&plain.split_whitespace().collect::<Vec<_>>().join("-"))?;
    let is_free = |names: &AppName| {
        let key = names.slug();
        let known = |m: &connect_validator::Module| {
            let known = m.key.as_deref().unwrap_or_default();
            known == key || known.strip_suffix("-view") == Some(key)
        };
        let file = format!("src/app/{}.rs", names.crate_name());
        !facts.modules.iter().any(known) && !app.has(&file) && !app.has(&format!("views/{key}.hbs"))
    };
    let numbered = (2..1000).map(|number| format!("{}-{number}", base.slug()));
    let mut candidates = std::iter::once(base.slug().to_owned())
        .chain(numbered)
        .filter_map(|key| names(&key).ok());
    let free = candidates.find(is_free).ok_or_else(|| AddError::Taken {
        what: format!("a module with the key `{}`", base.slug()),
        flag: "--key",
    })?;
    Ok((free.slug().to_owned(), free))
}

/// A key, as names of files and of Rust.
fn names(key: &str) -> Result<AppName, AddError> {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let parsed = AppName::parse(key).ok();
    let parsed = parsed.filter(|names| plain && names.slug().len() <= LONGEST_KEY);
    parsed.ok_or_else(|| AddError::Answer {
        what: "key",
        value: key.to_owned(),
        expected: "letters, digits and `-`, a letter first, 60 at most, and no word of Rust",
    })
}

/// Checks a name for people.
///
/// # Errors
/// When it is none.
pub(crate) fn check_name(name: &str) -> Result<(), AddError> {
    let length = name.trim().chars().count();
    if (1..=LONGEST).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(AddError::Answer {
        what: "name",
        value: name.to_owned(),
        expected: "1 to 60 characters on one line",
    })
}

const LONGEST: usize = 60;
/// Longest key: what is made of it stays on one line.
const LONGEST_KEY: usize = 60;

/// The words of a type, for one of it: `jiraIssueContexts` is an `Issue context`.
pub(crate) fn usual_name(kind: &str) -> String {
    let mut name = String::new();
    for c in kind.strip_prefix("jira").unwrap_or(kind).chars() {
        match c.is_ascii_uppercase() && !name.is_empty() {
            true => name.extend([' ', c.to_ascii_lowercase()]),
            false if name.is_empty() => name.push(c.to_ascii_uppercase()),
            false => name.push(c),
        }
    }
    match (name.strip_suffix("ies"), name.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) => stem.to_owned(),
        (None, None) => name,
    }
}

/// A key as one word with humps, for what takes no `-`.
pub(super) fn word(names: &AppName) -> String {
    let mut word = String::new();
    for (index, part) in names.slug().split('-').enumerate() {
        let (first, rest) = part.split_at(1.min(part.len()));
        match index {
            0 => word.push_str(first),
            _ => word.push_str(&first.to_ascii_uppercase()),
        }
        word.push_str(rest);
    }
    word
}

fn is_absolute(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Whether a path means itself to a host, to the router and to Rust.
fn is_plain(path: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_./~".contains(c);
    path.len() > 1 && path.starts_with('/') && path.chars().all(good)
}
