//! Failures of `connect new`.

use crate::error::{CliError, Kind, sources};
use crate::scaffold::{
    ElsewhereError, NameProblem, Outer, PlanError, RuntimeMissing, Template, WriteError,
};

impl CliError {
    /// Answers are missing and nobody can be asked.
    pub(crate) fn missing_answer(flags: &[&str], hint: &str) -> Self {
        let flags = flags.join(", ");
        Self::usage(
            "cli/missing-answer",
            format!("cannot ask without a terminal: {flags}"),
        )
        .hint(hint)
    }

    /// The answer to a question cannot be read from the terminal.
    pub(crate) fn no_answer(error: std::io::Error) -> Self {
        Self::user("cli/no-answer", "cannot read the answer").cause(error)
    }

    /// The user left in the middle of a question.
    pub(crate) fn left_question() -> Self {
        Self::new(Kind::Interrupted, "cli/left", "left; nothing was done")
    }

    /// The text is no name for an app.
    pub(crate) fn bad_name(name: &str, problem: &NameProblem) -> Self {
        Self::user("new/bad-name", format!("`{name}` is no name for an app"))
            .cause(problem)
            .hint("use letters, digits, blanks and `-`, with a letter first: connect new my-app")
    }

    /// The text is no app key.
    pub(crate) fn bad_key(key: &str, problem: &dyn std::fmt::Display) -> Self {
        Self::user("new/bad-key", format!("`{key}` is no app key"))
            .cause(problem)
            .hint("use letters, digits, `-`, `.` and `_`: --key com.example.my-app")
    }

    /// A workspace of Cargo claims the folder of the app, which is a workspace of its own.
    pub(crate) fn in_workspace(outer: &Outer) -> Self {
        let (member, manifest) = (&outer.member, outer.manifest.display());
        let message = format!("the workspace `{manifest}` claims `{member}` as a member");
        Self::user("new/in-workspace", message)
            .cause("an app is a workspace of its own, which cargo takes for no member of another")
            .hint(format!(
                "write exclude = [\"{member}\"] below [workspace] there"
            ))
            .hint("or make the app elsewhere: --path DIR")
    }

    /// New Connect apps are refused by Bitbucket.
    pub(crate) fn no_bitbucket() -> Self {
        Self::usage(
            "new/no-bitbucket",
            "Bitbucket takes no new Connect apps".to_owned(),
        )
        .cause("since 2 February 2026 only apps that were there before can be installed")
        .hint("make a Forge app: npm install --global @forge/cli && forge create")
    }

    /// No template is for that product, or not the one that was named.
    pub(crate) fn no_such_product(product: &str, template: Option<&Template>) -> Self {
        let code = "new/no-such-product";
        let Some(template) = template else {
            let message = format!("no template is made for `{product}`");
            return Self::usage(code, message).hint("connect new --list");
        };
        let name = &template.name;
        let message = format!("template `{name}` is not made for `{product}`");
        Self::usage(code, message).hint(format!(
            "connect new NAME --template {name} --product {}",
            template.products.join("|")
        ))
    }

    /// A template from elsewhere cannot be used.
    pub(crate) fn bad_template(place: &str, error: &ElsewhereError) -> Self {
        let message = format!("the template `{place}` cannot be used");
        let mut shown = match error {
            ElsewhereError::Git(_) | ElsewhereError::Http(_) | ElsewhereError::Status(_) => {
                Self::outside("new/template-unreachable", message)
                    .hint("connect new --list    names the templates that need no network")
            }
            _ => Self::user("new/bad-template", message),
        };
        shown.causes = [error.to_string()]
            .into_iter()
            .chain(sources(error))
            .collect();
        shown
    }
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        let mut shown = Self::user("new/bad-template", error.to_string());
        shown.causes = sources(&error);
        shown
    }
}

impl From<RuntimeMissing> for CliError {
    fn from(error: RuntimeMissing) -> Self {
        let hint = match error {
            RuntimeMissing::NotCarried => "connect new NAME --runtime registry",
            RuntimeMissing::NotThere(_) => "name the folder `crates` of a checkout of connect",
        };
        Self::user("new/no-runtime", error.to_string()).hint(hint)
    }
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        let message = error.to_string();
        match &error {
            WriteError::Exists { .. } => Self::user("new/target-exists", message)
                .hint("choose another name, or a folder with `--path DIR`")
                .hint("or `--force`, where git has every file as it is"),
            WriteError::Io { source, .. } => Self::user("new/not-written", message).cause(source),
            WriteError::IsFile(_) => Self::user("new/target-exists", message)
                .hint("choose another name, or a folder with `--path DIR`"),
            WriteError::NoParent(parent) => {
                Self::user("new/no-parent", message).hint(format!("mkdir -p {}", parent.display()))
            }
        }
    }
}
