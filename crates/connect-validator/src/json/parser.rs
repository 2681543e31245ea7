//! Tokens to a tree, with a way on after each mistake.

use std::borrow::Cow;
use std::collections::HashMap;

use super::lexer::{Lexer, Token, quoted, shorten};
use super::{
    Array, MAX_DEPTH, MAX_SYNTAX_ERRORS, Member, Node, Object, Parsed, Problem, ProblemKind, Range,
    Relaxed, Value,
};

/// Reads a whole text. Always answers; what is wrong is in [`Parsed::problems`], in no special order.
pub(crate) fn parse(source: &str) -> Parsed<'_> {
    let mut lexer = Lexer::new(source);
    let current = lexer.next();
    let mut parser = Parser {
        lexer,
        current,
        last_end: 0,
        stack: Vec::new(),
        gave_up: false,
    };
    let root = parser.document();
    let saw_template = parser.lexer.saw_template;
    let mut problems = parser.lexer.problems;
    if saw_template {
        // A loop or a block of the template engine explains the commas; we cannot judge them.
        problems.retain(|p| p.kind != ProblemKind::Relaxed(Relaxed::TrailingComma));
    }
    Parsed {
        root,
        is_template: saw_template,
        problems,
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    current: (Token<'a>, Range),
    /// Where the last token that was used up ends.
    last_end: usize,
    /// The brackets that are open, outermost first: what closes each, and where it was opened.
    stack: Vec<(char, Range)>,
    gave_up: bool,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Option<Node<'a>> {
        if self.current.0 == Token::End {
            if self
                .lexer
                .problems
                .iter()
                .all(|p| p.kind != ProblemKind::Syntax)
            {
                let whole = Range::new(0, self.lexer.source.len());
                self.syntax(whole, "the file is empty, expected a JSON object", None);
            }
            return None;
        }
        let root = self.value();
        // A bracket too many after another mistake is most likely part of it.
        let is_aftermath = matches!(self.current.0, Token::BraceClose | Token::BracketClose)
            && (self.lexer.problems.iter()).any(|p| p.kind == ProblemKind::Syntax);
        if self.current.0 != Token::End && !self.gave_up && !is_aftermath {
            let range = Range::new(self.current.1.start, self.current.1.end);
            let found = describe(&self.current.0);
            self.syntax(
                range,
                &format!("expected the end of the file, found {found}"),
                Some("the value before this is complete"),
            );
        }
        Some(root)
    }

    /// A value. Uses up at least one token unless what stands here closes a bracket.
    fn value(&mut self) -> Node<'a> {
        let range = self.current.1;
        let node = |value| Node { range, value };
        match &self.current.0 {
            Token::BraceOpen => self.nested('}'),
            Token::BracketOpen => self.nested(']'),
            Token::Number(number) => {
                let number = *number;
                self.advance();
                node(Value::Number(number))
            }
            Token::String(_) => {
                let (token, _) = self.advance();
                let text = match token {
                    Token::String(text) => text,
                    _ => Cow::Borrowed(""),
                };
                node(Value::String(text))
            }
            Token::Tag => {
                self.advance();
                node(Value::Opaque)
            }
            Token::Word(word) => {
                let word = *word;
                self.advance();
                node(self.word_value(word, range))
            }
            Token::BraceClose | Token::BracketClose | Token::Comma | Token::End => {
                let found = describe(&self.current.0);
                self.syntax(range, &format!("expected a value, found {found}"), None);
                Node {
                    range: Range::new(range.start, range.start),
                    value: Value::Opaque,
                }
            }
            Token::Colon | Token::Stray(_) => {
                let found = describe(&self.current.0);
                self.syntax(range, &format!("expected a value, found {found}"), None);
                self.advance();
                node(Value::Opaque)
            }
        }
    }

    fn word_value(&mut self, word: &str, range: Range) -> Value<'a> {
        let (value, right) = match word {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            "null" => return Value::Null,
            "True" | "TRUE" => (Value::Bool(true), "true".to_owned()),
            "False" | "FALSE" => (Value::Bool(false), "false".to_owned()),
            "None" | "NULL" | "Null" | "nil" | "undefined" => (Value::Null, "null".to_owned()),
            _ => (Value::String(Cow::Owned(word.to_owned())), quoted(word)),
        };
        self.lexer.push(Problem {
            kind: ProblemKind::Syntax,
            range,
            message: format!("`{}` is not a JSON value", shorten(word)),
            label: Some(format!("did you mean `{}`?", shorten(&right))),
            edits: vec![(range, right)],
        });
        value
    }

    fn nested(&mut self, close: char) -> Node<'a> {
        let open = self.current.1;
        if self.stack.len() >= MAX_DEPTH {
            return self.skip_too_deep();
        }
        self.stack.push((close, open));
        self.advance();
        let value = if close == '}' {
            Value::Object(self.members(open))
        } else {
            Value::Array(self.items(open))
        };
        self.stack.pop();
        Node {
            range: Range::new(open.start, self.last_end.max(open.end)),
            value,
        }
    }

    fn members(&mut self, open: Range) -> Object<'a> {
        let mut object = Object::default();
        let mut seen: HashMap<Cow<'a, str>, Range> = HashMap::new();
        while !self.at_end('}', open, &mut object.damaged) {
            let Some(mut member) = self.member(&mut object.damaged) else {
                continue;
            };
            match seen.get(&member.key) {
                Some(first) => member.double_of = Some(*first),
                None => {
                    seen.insert(member.key.clone(), member.key_range);
                }
            }
            object.members.push(member);
            self.separator('}', &mut object.damaged);
        }
        object
    }

    fn member(&mut self, damaged: &mut bool) -> Option<Member<'a>> {
        let key_range = self.current.1;
        let key: Cow<'a, str> = match &self.current.0 {
            Token::String(key) => key.clone(),
            Token::Tag => Cow::Borrowed(&self.lexer.source[key_range.start..key_range.end]),
            Token::Word(word) => {
                let word = *word;
                self.lexer.push(Problem {
                    kind: ProblemKind::Relaxed(Relaxed::UnquotedKey),
                    range: key_range,
                    message: "key without quotes".into(),
                    label: None,
                    edits: vec![(key_range, quoted(word))],
                });
                Cow::Borrowed(word)
            }
            other => {
                let found = describe(other);
                self.syntax(
                    key_range,
                    &format!("expected a key in double quotes, found {found}"),
                    None,
                );
                *damaged = true;
                self.recover();
                return None;
            }
        };
        let is_tag = self.current.0 == Token::Tag;
        self.advance();
        let value = match self.current.0 {
            Token::Colon => {
                self.advance();
                self.value()
            }
            // A tag on its own stands for members that the template engine writes.
            _ if is_tag => {
                *damaged = true;
                return None;
            }
            Token::Comma | Token::BraceClose | Token::End => {
                let text = format!("expected `:` and a value after the key `{}`", shorten(&key));
                self.syntax(key_range, &text, None);
                *damaged = true;
                Node {
                    range: Range::new(self.last_end, self.last_end),
                    value: Value::Opaque,
                }
            }
            _ => {
                let found = describe(&self.current.0);
                let gap = Range::new(self.last_end, self.last_end);
                let text = format!(
                    "expected `:` after the key `{}`, found {found}",
                    shorten(&key)
                );
                self.syntax_with(self.current.1, &text, Some("add `:` before this"), gap, ":");
                self.value()
            }
        };
        Some(Member {
            key,
            typed: None,
            key_range,
            value,
            double_of: None,
        })
    }

    fn items(&mut self, open: Range) -> Array<'a> {
        let mut array = Array::default();
        let mut damaged = false;
        while !self.at_end(']', open, &mut damaged) {
            array.items.push(self.value());
            self.separator(']', &mut damaged);
        }
        array
    }

    /// Whether the bracket ends here; uses up what closes it, and says so if nothing does.
    fn at_end(&mut self, close: char, open: Range, damaged: &mut bool) -> bool {
        let found = match self.current.0 {
            _ if self.gave_up => return true,
            Token::BraceClose => '}',
            Token::BracketClose => ']',
            Token::End => {
                let opened = if close == '}' { '{' } else { '[' };
                self.syntax(open, &format!("this `{opened}` is never closed"), None);
                *damaged = true;
                // One finding for the innermost bracket says enough.
                self.gave_up = true;
                return true;
            }
            _ => return false,
        };
        if found == close {
            self.advance();
            return true;
        }
        *damaged = true;
        let opened = if close == '}' { '{' } else { '[' };
        let outer_wants_it = self.stack.iter().rev().skip(1).any(|(c, _)| *c == found);
        let text = format!("expected `{close}`, found `{found}`");
        let label = format!("the `{opened}` before is still open");
        self.syntax(self.current.1, &text, Some(&label));
        if !outer_wants_it {
            // `[1, 2}` closes what was meant; `[1, 2}]` has one too many.
            self.advance();
            let right = if close == '}' {
                Token::BraceClose
            } else {
                Token::BracketClose
            };
            if self.current.0 == right {
                self.advance();
            }
        }
        true
    }

    /// The comma between two entries, or a way on without it.
    fn separator(&mut self, close: char, damaged: &mut bool) {
        let range = self.current.1;
        let closes = |token: &Token<'_>| matches!(token, Token::BraceClose | Token::BracketClose);
        match &self.current.0 {
            Token::Comma => {
                self.advance();
                while self.current.0 == Token::Comma {
                    self.syntax_with(
                        self.current.1,
                        "one comma too many",
                        None,
                        self.current.1,
                        "",
                    );
                    self.advance();
                }
                if closes(&self.current.0) {
                    self.lexer.push(Problem {
                        kind: ProblemKind::Relaxed(Relaxed::TrailingComma),
                        range,
                        message: "comma after the last entry".into(),
                        label: None,
                        edits: vec![(range, String::new())],
                    });
                }
            }
            token if closes(token) || *token == Token::End || self.gave_up => {}
            Token::String(_)
            | Token::Word(_)
            | Token::Tag
            | Token::Number(_)
            | Token::BraceOpen
            | Token::BracketOpen => {
                if !self.lexer.saw_template {
                    let gap = Range::new(self.last_end, self.last_end);
                    let text = format!("expected `,` or `{close}`");
                    self.syntax_with(range, &text, Some("add `,` before this"), gap, ",");
                }
                // In an object only a key can go on here; anything else has lost its key.
                if close == '}'
                    && !matches!(
                        self.current.0,
                        Token::String(_) | Token::Word(_) | Token::Tag
                    )
                {
                    *damaged = true;
                    self.recover();
                }
            }
            other => {
                let text = format!("expected `,` or `{close}`, found {}", describe(other));
                self.syntax(range, &text, None);
                *damaged = true;
                self.recover();
            }
        }
    }

    /// Goes on behind the next comma of this level, or to what closes it.
    fn recover(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.current.0 {
                Token::End => return,
                Token::BraceOpen | Token::BracketOpen => depth += 1,
                Token::BraceClose | Token::BracketClose if depth == 0 => return,
                Token::BraceClose | Token::BracketClose => depth -= 1,
                Token::Comma if depth == 0 => {
                    self.advance();
                    return;
                }
                _ => {}
            }
            self.advance();
        }
    }

    fn skip_too_deep(&mut self) -> Node<'a> {
        let open = self.current.1;
        self.lexer.push(Problem {
            kind: ProblemKind::TooDeep,
            range: open,
            message: format!("nested more than {MAX_DEPTH} levels deep"),
            label: None,
            edits: Vec::new(),
        });
        self.advance();
        let mut depth = 1_usize;
        while depth > 0 && self.current.0 != Token::End {
            match self.current.0 {
                Token::BraceOpen | Token::BracketOpen => depth += 1,
                Token::BraceClose | Token::BracketClose => depth -= 1,
                _ => {}
            }
            self.advance();
        }
        Node {
            range: Range::new(open.start, self.last_end),
            value: Value::Opaque,
        }
    }

    fn advance(&mut self) -> (Token<'a>, Range) {
        let next = if self.gave_up {
            let end = self.lexer.source.len();
            (Token::End, Range::new(end, end))
        } else {
            self.lexer.next()
        };
        let used = std::mem::replace(&mut self.current, next);
        self.last_end = used.1.end;
        used
    }

    fn syntax(&mut self, range: Range, message: &str, label: Option<&str>) {
        self.push_syntax(range, message, label, Vec::new());
    }

    /// A mistake that one replacement puts right.
    fn syntax_with(
        &mut self,
        range: Range,
        message: &str,
        label: Option<&str>,
        at: Range,
        text: &str,
    ) {
        self.push_syntax(range, message, label, vec![(at, text.to_owned())]);
    }

    fn push_syntax(
        &mut self,
        range: Range,
        message: &str,
        label: Option<&str>,
        edits: Vec<(Range, String)>,
    ) {
        if self.gave_up {
            return;
        }
        self.lexer.push(Problem {
            kind: ProblemKind::Syntax,
            range,
            message: message.to_owned(),
            label: label.map(str::to_owned),
            edits,
        });
        let problems = self.lexer.problems.iter();
        if problems.filter(|p| p.kind == ProblemKind::Syntax).count() >= MAX_SYNTAX_ERRORS {
            self.gave_up = true;
            let end = self.lexer.source.len();
            self.current = (Token::End, Range::new(end, end));
        }
    }
}

/// The token as a message names it.
fn describe(token: &Token<'_>) -> String {
    match token {
        Token::BraceClose => "`}`".into(),
        Token::BraceOpen => "`{`".into(),
        Token::BracketClose => "`]`".into(),
        Token::BracketOpen => "`[`".into(),
        Token::Colon => "`:`".into(),
        Token::Comma => "`,`".into(),
        Token::End => "the end of the file".into(),
        Token::Number(_) => "a number".into(),
        Token::Stray(stray) => format!("`{}`", stray.escape_debug()),
        Token::String(text) => format!("the string `{}`", shorten(text)),
        Token::Tag => "a template tag".into(),
        Token::Word(word) => format!("`{}`", shorten(word)),
    }
}
