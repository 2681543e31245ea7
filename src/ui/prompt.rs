//! Questions on the terminal: a line of text, one of several things.
//!
//! The look is dialoguer's. The keys are read here: its own prompts take no notice of Ctrl-D, of
//! Esc in a line of text, and leave the cursor hidden after Ctrl-C.
//! Ctrl-C, Ctrl-D and Esc leave every question the same way, and so do SIGINT, SIGTERM and SIGHUP.

use std::io;

use console::{Key, Style, Term, style};
use dialoguer::theme::{ColorfulTheme, Theme};

use crate::error::CliError;

/// One of several things to choose from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// Its name, which its flag takes too.
    pub(crate) name: &'a str,
    /// One phrase about it; may be empty.
    pub(crate) about: &'a str,
}

/// Whether a text is an answer, and why not.
pub(crate) type Check<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Where questions are shown and answered.
pub(super) trait Screen {
    /// The next key. Signals that end programs come as Ctrl-C.
    fn key(&mut self) -> io::Result<Key>;
    /// Shows a line and stays behind it.
    fn show(&mut self, line: &str) -> io::Result<()>;
    /// Goes to the beginning of the next line.
    fn next_line(&mut self) -> io::Result<()>;
    /// Takes away what is on this line and the `above` lines above it, and goes there.
    fn erase(&mut self, above: usize) -> io::Result<()>;
    /// Hides the cursor until the screen is dropped.
    fn hide_cursor(&mut self) -> io::Result<()>;
}

/// The terminal. However a question ends, dropping this shows the cursor again and gives back the
/// terminal's settings.
pub(super) struct Terminal {
    term: Term,
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

/// Rows and columns of the terminal on stderr, if it is one.
pub(super) fn size() -> Option<(u16, u16)> {
    Term::stderr().size_checked()
}

impl Terminal {
    /// Takes the terminal for questions. From then on the signals that would end the program are
    /// keys while a question waits, and nothing otherwise: only quick work may follow.
    ///
    /// # Errors
    /// When the system does not let us handle signals or change the terminal's settings.
    pub(super) fn take() -> io::Result<Self> {
        catch_signals()?;
        Ok(Self {
            term: Term::stderr(),
            #[cfg(unix)]
            before: raw()?,
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.term.show_cursor();
        #[cfg(unix)]
        let _ = rustix::termios::tcsetattr(io::stdin(), WHEN, &self.before);
    }
}

impl Screen for Terminal {
    fn key(&mut self) -> io::Result<Key> {
        self.term.read_key_raw()
    }

    fn show(&mut self, line: &str) -> io::Result<()> {
        // A line that wraps could not be erased as one.
        let width = usize::from(self.term.size().1).saturating_sub(1);
        let line = console::truncate_str(line, width, "");
        self.term.write_str(&line)
    }

    fn next_line(&mut self) -> io::Result<()> {
        self.term.write_line("")
    }

    fn erase(&mut self, above: usize) -> io::Result<()> {
        self.term.clear_line()?;
        self.term.clear_last_lines(above)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.term.hide_cursor()
    }
}

/// Keys come one by one and unseen, also what is typed between two reads, so that Ctrl-C is always
/// a key. Answers the settings from before.
#[cfg(unix)]
fn raw() -> io::Result<rustix::termios::Termios> {
    use rustix::termios::{tcgetattr, tcsetattr};
    let before = tcgetattr(io::stdin())?;
    let mut raw = before.clone();
    raw.make_raw();
    // Line ends are written as ever.
    raw.output_modes = before.output_modes;
    tcsetattr(io::stdin(), WHEN, &raw)?;
    Ok(before)
}

/// Settings change when everything written before is shown; what was typed ahead stays.
#[cfg(unix)]
const WHEN: rustix::termios::OptionalActions = rustix::termios::OptionalActions::Drain;

/// With a handler, a signal breaks off the wait for a key instead of ending the program with the
/// terminal in disorder. Handlers stay when the runtime they were made in goes.
#[cfg(unix)]
fn catch_signals() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _inside = runtime.enter();
    for kind in [
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::terminate(),
    ] {
        drop(signal(kind)?);
    }
    Ok(())
}

/// Ctrl-C comes as a key here.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn catch_signals() -> io::Result<()> {
    Ok(())
}

/// Longest answer in characters.
const LONGEST: usize = 200;

/// Asks for a line of text until `check` takes it; the empty answer is the default.
pub(super) fn ask(
    screen: &mut impl Screen,
    question: &str,
    default: &str,
    check: Check<'_>,
) -> Result<String, CliError> {
    let theme = theme();
    let question = padded(question);
    let prompt = formatted(|text| theme.format_input_prompt(text, &question, Some(default)))?;
    let mut answer = String::new();
    loop {
        screen.erase(0).map_err(CliError::no_answer)?;
        let line = format!("{prompt}{answer}");
        screen.show(&line).map_err(CliError::no_answer)?;
        match screen.key().map_err(CliError::no_answer)? {
            Key::Backspace => {
                answer.pop();
            }
            // Ctrl-U, as in shells.
            Key::Char('\u{15}') => answer.clear(),
            Key::Char(c) if !c.is_control() && answer.chars().count() < LONGEST => answer.push(c),
            Key::Enter => {
                let given = match answer.trim() {
                    "" => default.to_owned(),
                    given => given.to_owned(),
                };
                screen.erase(0).map_err(CliError::no_answer)?;
                let line = match check(&given) {
                    Ok(()) => formatted(|text| {
                        theme.format_input_prompt_selection(text, &question, &given)
                    }),
                    Err(why) => formatted(|text| theme.format_error(text, &why)),
                }?;
                say(screen, &line)?;
                if check(&given).is_ok() {
                    return Ok(given);
                }
            }
            key if leaves(&key) => return leave(screen, 0),
            _ => {}
        }
    }
}

/// Asks for one of several things and answers with its index. The first one is the default; digits
/// choose at once.
pub(super) fn choose(
    screen: &mut impl Screen,
    question: &str,
    choices: &[Choice<'_>],
) -> Result<usize, CliError> {
    let theme = theme();
    let question = padded(question);
    let prompt = formatted(|text| theme.format_select_prompt(text, &question))?;
    let lines = choices.len() + 1;
    let mut chosen = 0;
    screen.hide_cursor().map_err(CliError::no_answer)?;
    loop {
        say(screen, &prompt)?;
        for (index, choice) in choices.iter().enumerate() {
            let item = item(index, choice, choices);
            let active = index == chosen;
            let line = formatted(|text| theme.format_select_prompt_item(text, &item, active))?;
            say(screen, &line)?;
        }
        let key = screen.key().map_err(CliError::no_answer)?;
        if leaves(&key) {
            return leave(screen, lines);
        }
        screen.erase(lines).map_err(CliError::no_answer)?;
        let done = match key {
            Key::ArrowDown | Key::Tab | Key::Char('j') => {
                chosen = (chosen + 1) % choices.len();
                false
            }
            Key::ArrowUp | Key::BackTab | Key::Char('k') => {
                chosen = (chosen + choices.len() - 1) % choices.len();
                false
            }
            Key::Char(c) => match c.to_digit(10) {
                Some(digit) if (1..=choices.len()).contains(&(digit as usize)) => {
                    chosen = digit as usize - 1;
                    true
                }
                _ => false,
            },
            Key::Enter => true,
            _ => false,
        };
        if done {
            let name = choices[chosen].name;
            let line =
                formatted(|text| theme.format_select_prompt_selection(text, &question, name))?;
            say(screen, &line)?;
            return Ok(chosen);
        }
    }
}

fn item(index: usize, choice: &Choice<'_>, choices: &[Choice<'_>]) -> String {
    let number = index + 1;
    if choice.about.is_empty() {
        return format!("{number} {}", choice.name);
    }
    let width = choices.iter().map(|choice| choice.name.len()).max();
    let width = width.unwrap_or_default();
    format!("{number} {:<width$}  {}", choice.name, choice.about)
}

fn leaves(key: &Key) -> bool {
    // Ctrl-D has no name of its own.
    matches!(key, Key::Char('\u{4}') | Key::CtrlC | Key::Escape)
}

fn leave<T>(screen: &mut impl Screen, lines: usize) -> Result<T, CliError> {
    screen.erase(lines).map_err(CliError::no_answer)?;
    Err(CliError::left_question())
}

fn say(screen: &mut impl Screen, line: &str) -> Result<(), CliError> {
    let said = screen.show(line).and_then(|()| screen.next_line());
    said.map_err(CliError::no_answer)
}

/// Answers stand below each other.
fn padded(question: &str) -> String {
    format!("{question:<16}")
}

fn formatted(
    format: impl FnOnce(&mut dyn std::fmt::Write) -> std::fmt::Result,
) -> Result<String, CliError> {
    let mut text = String::new();
    format(&mut text).map_err(|_| CliError::bug("a question cannot be formatted"))?;
    Ok(text)
}

/// dialoguer's look in plain characters, which every font and screen reader has.
fn theme() -> ColorfulTheme {
    let mark = |text: &str| style(text.to_owned()).for_stderr();
    ColorfulTheme {
        active_item_prefix: mark("    >").cyan().bold(),
        active_item_style: Style::new().for_stderr().bold(),
        error_prefix: mark("  !").red().bold(),
        error_style: Style::new().for_stderr(),
        inactive_item_prefix: mark("     "),
        prompt_prefix: mark("  ?").cyan().bold(),
        prompt_suffix: mark(""),
        success_prefix: mark("  ?").cyan().bold(),
        success_suffix: mark(""),
        values_style: Style::new().for_stderr(),
        ..ColorfulTheme::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Keys that were pressed before, and the lines that are on the screen.
    #[derive(Default)]
    struct Fake {
        keys: VecDeque<Key>,
        lines: Vec<String>,
    }

    impl Fake {
        fn new(keys: impl IntoIterator<Item = Key>) -> Self {
            Self {
                keys: keys.into_iter().collect(),
                lines: vec![String::new()],
            }
        }

        fn shown(&self) -> String {
            let lines: Vec<_> = self.lines.iter().map(|line| line.trim_end()).collect();
            console::strip_ansi_codes(&lines.join("\n")).into_owned()
        }
    }

    impl Screen for Fake {
        fn key(&mut self) -> io::Result<Key> {
            let end = || io::Error::from(io::ErrorKind::UnexpectedEof);
            self.keys.pop_front().ok_or_else(end)
        }

        fn show(&mut self, line: &str) -> io::Result<()> {
            self.lines.last_mut().unwrap().push_str(line);
            Ok(())
        }

        fn next_line(&mut self) -> io::Result<()> {
            self.lines.push(String::new());
            Ok(())
        }

        fn erase(&mut self, above: usize) -> io::Result<()> {
            self.lines.truncate(self.lines.len() - above);
            self.lines.last_mut().unwrap().clear();
            Ok(())
        }

        fn hide_cursor(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const CHOICES: [Choice<'_>; 3] = [
        Choice {
            name: "page",
            about: "one page",
        },
        Choice {
            name: "panel",
            about: "a panel",
        },
        Choice {
            name: "x",
            about: "",
        },
    ];

    fn typed(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    #[test]
    fn the_list_is_numbered_and_starts_at_the_default() {
        let mut screen = Fake::new([]);
        let error = choose(&mut screen, "Template", &CHOICES).unwrap_err();
        assert_eq!(error.code, "cli/no-answer");
        assert_eq!(
            screen.shown(),
            "  ? Template\n    > 1 page   one page\n      2 panel  a panel\n      3 x\n"
        );
    }

    #[test]
    fn keys_move_and_digits_choose() {
        for (keys, expected) in [
            (vec![Key::Enter], 0),
            (vec![Key::ArrowDown, Key::Enter], 1),
            (vec![Key::ArrowUp, Key::Enter], 2),
            (vec![Key::Tab, Key::Tab, Key::Tab, Key::Enter], 0),
            (vec![Key::Char('j'), Key::Char('k'), Key::Enter], 0),
            (vec![Key::Char('3')], 2),
            (
                vec![Key::Char('0'), Key::Char('4'), Key::Unknown, Key::Char('2')],
                1,
            ),
        ] {
            let mut screen = Fake::new(keys.clone());
            let chosen = choose(&mut screen, "Template", &CHOICES).unwrap();
            assert_eq!(chosen, expected, "{keys:?}");
            let expected = format!("  ? Template          {}\n", CHOICES[chosen].name);
            assert_eq!(screen.shown(), expected, "{keys:?}");
        }
    }

    #[test]
    fn a_line_is_typed_corrected_and_checked() {
        let check = |text: &str| match text {
            "bad" => Err("`bad` is no name".to_owned()),
            _ => Ok(()),
        };
        for (keys, expected) in [
            ([typed("\u{15}"), typed("")].concat(), "hello"),
            ([typed("my app"), typed("")].concat(), "my app"),
            (
                [typed("ab"), vec![Key::Backspace; 3], typed("é")].concat(),
                "é",
            ),
            ([typed("abc\u{15}d\u{7}"), vec![Key::ArrowUp]].concat(), "d"),
        ] {
            let keys = [keys, vec![Key::Enter]].concat();
            let mut screen = Fake::new(keys.clone());
            let answer = ask(&mut screen, "Name", "hello", &check).unwrap();
            assert_eq!(answer, expected, "{keys:?}");
            let expected = format!("  ? Name              {expected}\n");
            assert_eq!(screen.shown(), expected, "{keys:?}");
        }
        let keys = [
            typed("bad"),
            vec![Key::Enter, Key::Char('\u{15}'), Key::Enter],
        ]
        .concat();
        let mut screen = Fake::new(keys);
        assert_eq!(ask(&mut screen, "Name", "hello", &check).unwrap(), "hello");
        let expected = "  ! `bad` is no name\n  ? Name              hello\n";
        assert_eq!(screen.shown(), expected);
    }

    #[test]
    fn answers_have_an_end() {
        let keys = [typed(&"a".repeat(LONGEST + 9)), vec![Key::Enter]].concat();
        let answer = ask(&mut Fake::new(keys), "Name", "hello", &|_| Ok(())).unwrap();
        assert_eq!(answer.len(), LONGEST);
    }

    #[test]
    fn three_keys_leave_every_question_and_nothing_of_it_stays() {
        for key in [Key::CtrlC, Key::Char('\u{4}'), Key::Escape] {
            let mut screen = Fake::new([Key::ArrowDown, key.clone()]);
            let error = choose(&mut screen, "Template", &CHOICES).unwrap_err();
            assert_eq!(error, CliError::left_question(), "{key:?}");
            assert_eq!(screen.shown(), "", "{key:?}");

            let mut screen = Fake::new([Key::Char('a'), key.clone()]);
            let error = ask(&mut screen, "Name", "hello", &|_| Ok(())).unwrap_err();
            assert_eq!(error, CliError::left_question(), "{key:?}");
            assert_eq!(screen.shown(), "", "{key:?}");
        }
    }
}
