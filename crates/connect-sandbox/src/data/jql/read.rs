//! Reads a query: words and signs first, then what they say.

use crate::data::jql::{
    CURRENT_USER, Field, Filter, Moment,
    dates::{self, Compared},
};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Quoted(String),
    Sign(&'static str),
    Word(String),
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        match self {
            Self::Quoted(_) => false,
            Self::Sign(sign) => *sign == text,
            Self::Word(word) => word.eq_ignore_ascii_case(text),
        }
    }
}

/// The words and signs of a text; nothing when there is something else in it.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
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

/// Reads a query from its beginning.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [Token],
    depth: usize,
    /// In milliseconds since 1970.
    now: i64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(tokens: &'a [Token], now: i64) -> Self {
        Self {
            rest: tokens,
            depth: 0,
            now,
        }
    }

    pub(super) fn any(&mut self) -> Option<Filter> {
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
        let word = self.word()?.to_owned();
        if let Some(moment) = Moment::parse(&word) {
            return self.when(moment);
        }
        let field = Field::parse(&word)?;
        let not = |filter| Filter::Not(Box::new(filter));
        // What a field does not have is not told from what it has: Jira leaves empty ones out.
        let other = |filter| not(Filter::Any(vec![filter, Filter::Is(field, Vec::new())]));
        Some(if self.take("=") {
            self.is(field)?
        } else if self.take("!=") {
            match self.is(field)? {
                empty if empty.is_empty() => not(empty),
                filter => other(filter),
            }
        } else if self.take("~") {
            Filter::Contains(field, self.value()?)
        } else if self.take("!~") {
            other(Filter::Contains(field, self.value()?))
        } else if self.take("in") {
            Filter::Is(field, self.list()?)
        } else if self.take("not") {
            self.take("in").then_some(())?;
            other(Filter::Is(field, self.list()?))
        } else {
            let (negated, empty) = (self.emptiness()?, Filter::Is(field, Vec::new()));
            if negated { not(empty) } else { empty }
        })
    }

    /// A value that a field has; an issue without a resolution is `Unresolved`.
    fn is(&mut self, field: Field) -> Option<Filter> {
        let empty = Filter::Is(field, Vec::new());
        if self.take("empty") || self.take("null") {
            return Some(empty);
        }
        let value = self.value()?;
        let unresolved = field == Field::Resolution && value.eq_ignore_ascii_case("unresolved");
        Some(if unresolved {
            empty
        } else {
            Filter::Is(field, vec![value])
        })
    }

    /// `is empty`, or true for `is not empty`.
    fn emptiness(&mut self) -> Option<bool> {
        self.take("is").then_some(())?;
        let negated = self.take("not");
        (self.take("empty") || self.take("null")).then_some(negated)
    }

    /// What is said of a moment.
    fn when(&mut self, moment: Moment) -> Option<Filter> {
        let not = |filter| Filter::Not(Box::new(filter));
        let never = Filter::Never(moment);
        if self.take("!=") {
            let same = Filter::When(moment, Compared::Same, self.moment()?);
            return Some(not(Filter::Any(vec![same, never])));
        }
        let compared = match self.rest.first()? {
            Token::Sign(sign) => Compared::parse(sign)?,
            _ => {
                let negated = self.emptiness()?;
                return Some(if negated { not(never) } else { never });
            }
        };
        self.rest = &self.rest[1..];
        Some(Filter::When(moment, compared, self.moment()?))
    }

    fn moment(&mut self) -> Option<i64> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            Token::Quoted(text) => dates::moment(text, self.now),
            Token::Sign(_) => None,
            Token::Word(name) if self.take("(") => {
                let argument = match self.rest.split_first()? {
                    (Token::Quoted(text) | Token::Word(text), rest) => {
                        self.rest = rest;
                        Some(text.as_str())
                    }
                    _ => None,
                };
                self.take(")").then_some(())?;
                dates::function(name, argument, self.now)
            }
            Token::Word(text) => dates::moment(text, self.now),
        }
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

    pub(super) fn word(&mut self) -> Option<&str> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
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
