//! Gathers findings while a tree is walked, and puts them into their final form.

use crate::codes::{self, Code};
use crate::finding::{Edit, Finding, Fix, Level, Report};
use crate::json::Range;
use crate::lines::Lines;
use crate::model::Model;
use crate::{MAX_FINDINGS, Options};

/// The state of one check.
pub(crate) struct Checker<'t> {
    pub(crate) source: &'t str,
    pub(crate) options: &'t Options,
    /// The descriptor as a whole, once it is read.
    pub(crate) model: Model<'t>,
    pub(crate) lines: Lines<'t>,
    /// Fixes can be put in: the file can be read, or will be once they are.
    pub(crate) offers_fixes: bool,
    /// The object here has a `key` whether its table lists one or not, as entries of a manifest do.
    pub(crate) keyed: Option<Range>,
    /// The modules are those of Connect in Jira or Confluence, which has an end.
    pub(crate) is_dated: bool,
    path: Vec<Step<'t>>,
    drafts: Vec<Draft>,
    omitted: usize,
}

#[derive(Debug, Clone, Copy)]
enum Step<'t> {
    Item(usize),
    Member(&'t str),
}

/// A finding whose lines and columns are not counted yet.
#[derive(Debug)]
pub(crate) struct Draft {
    code: &'static Code,
    level: Level,
    range: Range,
    message: String,
    pointer: String,
    label: Option<String>,
    help: Option<String>,
    fix: Option<(String, Vec<(Range, String)>)>,
}

impl Draft {
    /// Another level than the code has as a rule.
    pub(crate) fn level(&mut self, level: Level) -> &mut Self {
        self.level = level;
        self
    }

    /// A few words under the marked text.
    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(one_line(label.into()));
        self
    }

    /// What to do about it.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(one_line(help.into()));
        self
    }

    /// A change that puts it right.
    pub(crate) fn fix(
        &mut self,
        what: impl Into<String>,
        edits: Vec<(Range, String)>,
    ) -> &mut Self {
        if !edits.is_empty() {
            self.fix = Some((one_line(what.into()), edits));
        }
        self
    }

    /// "did you mean", with the fix if the text may be replaced as it stands.
    pub(crate) fn did_you_mean(&mut self, word: &str, edits: Vec<(Range, String)>) -> &mut Self {
        self.label(format!("did you mean `{word}`?"));
        self.fix(format!("write `{word}`"), edits)
    }
}

impl<'t> Checker<'t> {
    pub(crate) fn new(source: &'t str, options: &'t Options) -> Self {
        Self {
            source,
            options,
            model: Model::default(),
            lines: Lines::new(source),
            offers_fixes: true,
            keyed: None,
            is_dated: false,
            path: Vec::new(),
            drafts: Vec::new(),
            omitted: 0,
        }
    }

    /// Adds a finding at the place the walk is at.
    pub(crate) fn report(
        &mut self,
        code: &'static Code,
        range: Range,
        message: impl Into<String>,
    ) -> &mut Draft {
        let pointer = self.pointer();
        self.report_at(code, range, pointer, message)
    }

    /// Adds a finding at another place.
    pub(crate) fn report_at(
        &mut self,
        code: &'static Code,
        range: Range,
        pointer: String,
        message: impl Into<String>,
    ) -> &mut Draft {
        let draft = Draft {
            code,
            level: code.level,
            range,
            message: one_line(message.into()),
            pointer,
            label: None,
            help: None,
            fix: None,
        };
        // One place beyond the limit is used again and again for what is not kept.
        if self.drafts.len() > MAX_FINDINGS {
            self.omitted += 1;
            self.drafts.truncate(MAX_FINDINGS);
        }
        self.drafts.push(draft);
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }

    /// Whether one more finding would only be counted: then a suggestion is not worth the search.
    pub(crate) fn is_full(&self) -> bool {
        self.drafts.len() > MAX_FINDINGS
    }

    /// Walks into a member while `walk` runs.
    pub(crate) fn member<R>(&mut self, key: &'t str, walk: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(Step::Member(key));
        let result = walk(self);
        self.path.pop();
        result
    }

    /// Walks into an item while `walk` runs.
    pub(crate) fn item<R>(&mut self, index: usize, walk: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(Step::Item(index));
        let result = walk(self);
        self.path.pop();
        result
    }

    /// Whether a walk reports no error; what it reports is not kept.
    pub(crate) fn takes(&mut self, walk: impl FnOnce(&mut Self)) -> bool {
        let kept = (std::mem::take(&mut self.drafts), self.omitted);
        walk(self);
        let good = self.drafts.iter().all(|draft| draft.level != Level::Error);
        (self.drafts, self.omitted) = kept;
        good
    }

    /// Keeps what a walk reports, its errors as warnings if `forgiven` says so. It is asked only if there are any.
    pub(crate) fn within(
        &mut self,
        walk: impl FnOnce(&mut Self),
        forgiven: impl FnOnce(&mut Self) -> bool,
    ) {
        let from = self.drafts.len();
        walk(self);
        let is_error = |draft: &Draft| draft.level == Level::Error;
        if self.drafts[from.min(self.drafts.len())..]
            .iter()
            .any(is_error)
            && forgiven(self)
        {
            for draft in self.drafts[from..]
                .iter_mut()
                .filter(|draft| is_error(draft))
            {
                draft.level = Level::Warning;
            }
        }
    }

    /// The JSON pointer (RFC 6901) of where the walk is.
    pub(crate) fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            pointer.push('/');
            match step {
                Step::Item(index) => pointer.push_str(&index.to_string()),
                Step::Member(key) if key.contains(['~', '/']) => {
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Step::Member(key) => pointer.push_str(key),
            }
        }
        pointer
    }

    /// Whether the walk is at a member of this name.
    pub(crate) fn is_at(&self, name: &str) -> bool {
        matches!(self.path.last(), Some(Step::Member(key)) if bare(key) == name)
    }

    /// Whether the walk is at or below a member of this name.
    pub(crate) fn is_within(&self, name: &str) -> bool {
        (self.path.iter()).any(|step| matches!(step, Step::Member(key) if bare(key) == name))
    }

    /// All findings, sorted, with lines and columns.
    pub(crate) fn finish(mut self) -> Report {
        if self.drafts.len() > MAX_FINDINGS {
            self.omitted += 1;
            self.drafts.truncate(MAX_FINDINGS);
        }
        self.drafts
            .sort_by_key(|draft| (draft.range.start, draft.range.end, draft.code.id));
        if !self.offers_fixes {
            self.drafts.iter_mut().for_each(|draft| draft.fix = None);
        }
        let lines = self.lines;
        let findings = self.drafts.into_iter().map(|d| d.finish(&lines)).collect();
        Report {
            findings,
            product: self.model.product,
            product_reason: self.model.product_reason,
            omitted: self.omitted,
            notices: (self.is_dated.then_some(codes::PLATFORM_END_OF_SUPPORT.id))
                .into_iter()
                .collect(),
        }
    }
}

impl Draft {
    fn finish(self, lines: &Lines<'_>) -> Finding {
        Finding {
            code: self.code.id,
            level: self.level,
            message: self.message,
            pointer: self.pointer,
            span: lines.span(self.range.start, self.range.end),
            label: self.label,
            help: self.help,
            fix: self.fix.map(|(description, edits)| Fix {
                description,
                edits: edits
                    .into_iter()
                    .map(|(range, text)| Edit {
                        start: range.start,
                        end: range.end,
                        text,
                    })
                    .collect(),
            }),
        }
    }
}

/// The name of a module type without the product that a manifest puts in front.
fn bare(key: &str) -> &str {
    key.strip_prefix("jira:")
        .or_else(|| key.strip_prefix("confluence:"))
        .unwrap_or(key)
}

/// The text with control characters spelt out.
///
/// SECURITY: what a file says reaches the terminal; an escape sequence in it must not [test `tests/it/noise.rs`].
fn one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}
