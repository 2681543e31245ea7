//! What the user asks for with a key, and gets beside what the session does.

use std::time::Duration;

use connect_core::AppKey;
use serde_json::json;

use crate::dev::effects::World;
use crate::dev::event::{Descriptor, HostId, Wish};
use crate::dev::notices::page_url;
use crate::error::CliError;
use crate::host::LicenseState;
use crate::inspect::fire::{Shot, Source, Volley, read_shots};
use crate::inspect::{self, AskError, Door, TokenKind};
use crate::process::{self, CommandLine};
use crate::project::{DESCRIPTOR, read_text};
use crate::ui::Verb;

/// Openers return when the browser has the address.
const DEADLINE: Duration = Duration::from_secs(10);
/// As many as there are digits for.
const OFFERED: usize = 9;

/// Does what is wished, with the app as it was last seen on a host.
///
/// # Errors
/// What is in the way.
pub(crate) async fn grant(
    world: &World,
    wish: Wish,
    host: Option<HostId>,
    descriptor: &Descriptor,
) -> Result<(), CliError> {
    match wish {
        Wish::Inspector => match Door::find(&world.folder) {
            Some(door) => open(world, &door.page()).await,
            None => Err(AskError::Gone(None).into()),
        },
        Wish::License => switch_license(world, &descriptor.key).await,
        Wish::Page => open(world, &page_url(world, host, descriptor)).await,
        Wish::Shot(number) => {
            let shot = all_shots(world)?.into_iter().nth(number);
            match shot.filter(|_| number < OFFERED) {
                Some(shot) => send(world, shot).await,
                None => Ok(()),
            }
        }
        Wish::Shots => {
            world.ui.text(&offer(&all_shots(world)?));
            Ok(())
        }
    }
}

/// From active to none and back, in the sandbox; what a site has been told others see, too.
async fn switch_license(world: &World, key: &AppKey) -> Result<(), CliError> {
    let Some(upm) = &world.sandbox else {
        let text = "a key switches the licence in the sandbox only";
        world
            .ui
            .note(text, "connect license trial    sets it on a site");
        return Ok(());
    };
    let site = crate::host::Host::site(upm);
    let failed = |error| CliError::host(site, "set the licence", &error);
    let found = upm.license(key).await.map_err(failed)?;
    let found = found.ok_or_else(|| CliError::not_installed(site, key))?;
    let state = match found.active {
        true => LicenseState::None,
        false => LicenseState::Active,
    };
    let switched = upm.switch_license(key, state.is_active()).await;
    switched.map_err(failed)?;
    let name = if found.active { "none" } else { "active" };
    world
        .ui
        .status(Verb::Done("Set"), &format!("the licence to {name}"));
    match found.unheard() {
        Some((text, hint)) => world.ui.note(text, hint),
        None => world.ui.more("pages that are opened from now on are told"),
    }
    world.ui.event(
        "license",
        &json!({
            "host": site.as_str(), "key": key.as_str(), "active": state.is_active(),
            "state": name, "set": true,
        }),
    );
    Ok(())
}

fn all_shots(world: &World) -> Result<Vec<Shot>, CliError> {
    let text = read_text(&world.folder.join(DESCRIPTOR))?;
    read_shots(&text).map_err(|findings| CliError::unreadable_descriptor(&findings))
}

/// What a digit sends, for people.
fn offer(shots: &[Shot]) -> String {
    if shots.is_empty() {
        return "\n  the descriptor has nothing that a host would call\n\n".to_owned();
    }
    let lines = shots.iter().take(OFFERED).enumerate();
    let lines = lines.map(|(at, shot)| {
        let Shot { name, method, path } = shot;
        format!("  {}   {name:<28} {method:<4} {path}\n", at + 1)
    });
    let more = match shots.len().checked_sub(OFFERED) {
        None | Some(0) => String::new(),
        Some(more) => format!("      {more} more: connect trigger --list\n"),
    };
    format!(
        "\n{}{more}  its number sends it\n\n",
        lines.collect::<String>()
    )
}

/// Sends it through the door of the session, as `connect trigger` does; its line shows what the app
/// made of it.
async fn send(world: &World, shot: Shot) -> Result<(), CliError> {
    if shot.kind() == TokenKind::Install && world.sandbox.is_none() {
        return Err(CliError::no_install_key(&shot.name));
    }
    let volley = json!(Volley::of(Source::Shot(shot)));
    inspect::ask(&world.folder, &world.http, "api/fire", Some(&volley)).await?;
    Ok(())
}

/// Opens an address in the user's browser.
///
/// # Errors
/// When the system has no program for it, or that fails.
async fn open(world: &World, url: &str) -> Result<(), CliError> {
    let words: &[&str] = if cfg!(target_os = "macos") {
        &["open", url]
    } else if cfg!(windows) {
        &["rundll32", "url.dll,FileProtocolHandler", url]
    } else {
        &["xdg-open", url]
    };
    let command = CommandLine {
        program: words[0].into(),
        arguments: words[1..].iter().map(Into::into).collect(),
        folder: world.folder.clone(),
        variables: world.for_children.clone(),
        without: Vec::new(),
    };
    match process::run(&command, DEADLINE).await {
        Ok(finished) if finished.status.success() => Ok(()),
        Ok(finished) => Err(CliError::not_opened(url, &finished.status)),
        Err(error) => Err(CliError::not_opened(url, &error.source)),
    }
}
