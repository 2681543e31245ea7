//! What the user asks for with a key, and gets beside what the session does.

use std::time::Duration;

use connect_core::AppKey;
use serde_json::json;

use crate::dev::effects::World;
use crate::dev::event::{Shown, Wish};
use crate::dev::notices::page_url;
use crate::error::CliError;
use crate::host::{Host as _, LicenseState, Upm};
use crate::inspect::fire::{Shot, Source, Volley, read_shots};
use crate::inspect::{self, AskError, Door, TokenKind};
use crate::process::{self, CommandLine};
use crate::project::{Half, Product, read_text};
use crate::ui::Verb;

/// Openers return when the browser has the address.
const DEADLINE: Duration = Duration::from_secs(10);
/// As many as there are digits for.
const OFFERED: usize = 9;

/// Does what is wished, with the app as it was last seen on a host.
///
/// # Errors
/// What is in the way.
pub(crate) async fn grant(world: &World, wish: Wish, shown: &[Shown]) -> Result<(), CliError> {
    match wish {
        Wish::Inspector => match Door::find(&world.folder) {
            Some(door) => {
                let file = door.write_way_in(&world.folder);
                let file = file.map_err(|error| CliError::unwritable(".connect", &error))?;
                open(world, &file.display().to_string()).await
            }
            None => Err(AskError::Gone(None).into()),
        },
        Wish::License => switch_licenses(world, shown).await,
        Wish::Page => match shown.first() {
            Some(first) => open(world, &page_url(world, first)).await,
            None => Ok(()),
        },
        Wish::Shot(number) => {
            let shot = all_shots(world)?.into_iter().nth(number);
            match shot.filter(|_| number < OFFERED) {
                Some((half, shot)) => send(world, half.product, shot).await,
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
async fn switch_licenses(world: &World, shown: &[Shown]) -> Result<(), CliError> {
    let Some(upms) = &world.sandbox else {
        let text = "a key switches the licence in the sandbox only";
        world
            .ui
            .note(text, "connect license trial    sets it on a site");
        return Ok(());
    };
    for one in shown {
        // There each descriptor has a host of the same index.
        if let Some(upm) = upms.get(one.host.map_or(0, |host| host.0)) {
            switch_license(world, upm, &one.descriptor.key).await?;
        }
    }
    Ok(())
}

async fn switch_license(world: &World, upm: &Upm, key: &AppKey) -> Result<(), CliError> {
    let site = upm.site();
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
    let whose = match world.halves.len() {
        1 => String::new(),
        _ => format!(" of {key}"),
    };
    world
        .ui
        .status(Verb::Done("Set"), &format!("the licence{whose} to {name}"));
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

/// Everything that hosts would call, with the descriptor that says so. One that is broken just now
/// leaves what the others say.
fn all_shots(world: &World) -> Result<Vec<(Half, Shot)>, CliError> {
    let (mut all, mut problem) = (Vec::new(), None);
    for half in &world.halves {
        let shots = read_text(&world.folder.join(half.file))
            .map_err(CliError::from)
            .and_then(|text| {
                let shots = read_shots(&text);
                shots.map_err(|findings| CliError::unreadable_descriptor(&findings))
            });
        match shots {
            Ok(shots) => all.extend(shots.into_iter().map(|shot| (*half, shot))),
            Err(error) => problem = Some(error),
        }
    }
    match problem {
        Some(problem) if all.is_empty() => Err(problem),
        _ => Ok(all),
    }
}

/// What a digit sends, for people.
fn offer(shots: &[(Half, Shot)]) -> String {
    if shots.is_empty() {
        return "\n  the descriptor has nothing that a host would call\n\n".to_owned();
    }
    let lines = shots.iter().take(OFFERED).enumerate();
    let lines = lines.map(|(at, (half, shot))| {
        let Shot { name, method, path } = shot;
        let below = half.below;
        format!("  {}   {name:<28} {method:<4} {below}{path}\n", at + 1)
    });
    let list = match shots.last() {
        Some((half, _)) if !half.below.is_empty() => "connect trigger --list --product confluence",
        _ => "connect trigger --list",
    };
    let more = match shots.len().checked_sub(OFFERED) {
        None | Some(0) => String::new(),
        Some(more) => format!("      {more} more: {list}\n"),
    };
    format!(
        "\n{}{more}  its number sends it\n\n",
        lines.collect::<String>()
    )
}

/// Sends it through the door of the session, as `connect trigger` does; its line shows what the app
/// made of it.
async fn send(world: &World, product: Option<Product>, shot: Shot) -> Result<(), CliError> {
    if shot.kind() == TokenKind::Install && world.sandbox.is_none() {
        return Err(CliError::no_install_key(&shot.name));
    }
    let volley = Volley {
        product,
        ..Volley::of(Source::Shot(shot))
    };
    inspect::ask(&world.folder, &world.http, "api/fire", Some(&json!(volley))).await?;
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
