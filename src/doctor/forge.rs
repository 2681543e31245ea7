//! What an app with a Forge manifest needs besides: the Forge CLI, and the node that it runs on.
//! Whether somebody is logged in is not asked: only Atlassian could say, and with a log-in that is
//! not ours.

use futures_util::future::join;

use crate::context::Context;
use crate::doctor::check::Check;
use crate::doctor::local::version;
use crate::error::CliError;
use crate::process::StartError;
use crate::project::MANIFEST;

/// The Forge CLI that knows `app.connect` as it is today.
const OLDEST_FORGE: Version = (12, 8, 1);
/// Its node, and two that it refuses (`engines` in package.json of @forge/cli 13.3.0).
const OLDEST_NODE: Version = (20, 18, 1);
const REFUSED_NODES: [Version; 2] = [(22, 23, 1), (24, 17, 0)];

type Version = (u32, u32, u32);

/// Whether the app can be deployed.
pub(super) async fn forge(context: &Context) -> Vec<Check> {
    if !context.cwd.join(MANIFEST).is_file() {
        let text = format!("no {MANIFEST} here: nothing is deployed with Forge");
        return vec![Check::aside("forge", text)];
    }
    let (forge, node) = join(said("forge", context), said("node", context)).await;
    let forge = match forge {
        None => Check::warning("forge", CliError::no_forge()),
        Some(Err(error)) => Check::warning("forge", CliError::broken_forge(&error)),
        Some(Ok(text)) => match parse(&text) {
            Some(found) if found < OLDEST_FORGE => {
                Check::warning("forge", CliError::old_forge(&text, &shown(OLDEST_FORGE)))
            }
            _ => Check::fine("forge", text),
        },
    };
    let node = match node {
        None => Check::warning("node", CliError::no_node("it is not installed")),
        Some(Err(error)) => Check::warning("node", CliError::no_node(&error.source.to_string())),
        Some(Ok(text)) => match parse(&text) {
            Some(found) if found < OLDEST_NODE => {
                let why = format!("{text} is older than {}", shown(OLDEST_NODE));
                Check::warning("node", CliError::no_node(&why))
            }
            Some(found) if REFUSED_NODES.contains(&found) => {
                let why = format!("the Forge CLI refuses {text} by number");
                Check::warning("node", CliError::no_node(&why))
            }
            _ => Check::fine("node", text),
        },
    };
    vec![forge, node]
}

/// What a program says of its version; none if it is not installed.
async fn said(name: &str, context: &Context) -> Option<Result<String, StartError>> {
    Some(version(&context.program(name)?, context).await)
}

/// The first version in a text.
fn parse(text: &str) -> Option<Version> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.into_iter().find_map(|word| {
        let mut numbers = word.split('.').map(str::parse);
        Some((
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        ))
    })
}

fn shown((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_where_programs_put_them() {
        assert_eq!(parse("v20.20.2"), Some((20, 20, 2)));
        assert_eq!(parse("13.3.0"), Some((13, 3, 0)));
        assert_eq!(parse("forge 12.8.1-next.4 (linux)"), Some((12, 8, 1)));
        assert_eq!(parse("no version. at all 1.2"), None);
    }
}
