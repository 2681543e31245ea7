//! What the user is told, in words on stderr and as events with `--json`.

use std::path::Path;

use connect_core::{AppKey, BaseUrl};
use connect_sandbox::RestCall;
use serde_json::{Value, json};

use crate::dev::effects::World;
use crate::dev::event::{Descriptor, Ending, HostId, Notice, Reason, Shown};
use crate::dev::way;
use crate::error::CliError;
use crate::inspect::{Entry, Verdict, show};
use crate::ui::{Fatality, Ui, Verb, duration, ms};

/// Tells the user.
pub(crate) fn tell(world: &World, notice: &Notice) {
    let ui = &world.ui;
    let done = |word, object: String| ui.status(Verb::Done(word), &object);
    let running = |word, object: String| ui.status(Verb::Running(word), &object);
    match notice {
        Notice::AppStarted => {
            let address = world.address.get();
            done("Started", format!("{} on {address}", name(world)));
            ui.event("app.started", &json!({ "url": address.as_str() }));
        }
        Notice::Building => {
            running("Building", name(world));
            ui.event("app.building", &json!({}));
        }
        Notice::Built(took) => {
            done("Built", format!("{} in {}", name(world), duration(*took)));
            ui.event("app.built", &json!({ "ms": ms(*took) }));
        }
        Notice::Deregistered(host, key, took) => {
            let entry = world.host(*host);
            let what = format!("{key} from {}   {}", entry.label, duration(*took));
            done("Deregistered", what);
            let site = entry.host.site().as_str();
            let fields = json!({ "host": site, "key": key.as_str(), "ms": ms(*took) });
            ui.event("host.deregistered", &fields);
        }
        Notice::Deregistering(host) => {
            let from = &world.host(*host).label;
            let what = format!("from {from} ... (Ctrl-C again to leave now)");
            running("Deregistering", what);
        }
        Notice::DescriptorGood(half, descriptor) => {
            done(
                "Validated",
                validated(world.halves[half.0].file, descriptor),
            );
            let fields = json!({
                "key": descriptor.key.as_str(), "modules": descriptor.modules,
                "warnings": descriptor.warnings,
            });
            ui.event("descriptor.validated", &fields);
        }
        Notice::Keys => ui.text(KEYS),
        Notice::Kept(host, key) => kept(world, *host, key),
        Notice::LastGoodStays => ui.more("the last good version stays in force"),
        Notice::Problem(error) => ui.error(error, Fatality::GoesOn),
        Notice::Ready(shown) => {
            for one in shown {
                done("Ready", page_url(world, one));
            }
            if let [first, others @ ..] = &shown[..] {
                let mut fields = place(world, first);
                fields["app"] = world.address.get().as_str().into();
                also(world, others, &mut fields);
                ui.event("ready", &fields);
            }
            if ui.interactive {
                ui.text(KEYS_IN_SHORT);
            }
        }
        Notice::Registered {
            host,
            wanted,
            reason,
            took,
        } => {
            let entry = world.host(*host);
            let word = match reason {
                Reason::Start => "Registered",
                Reason::AddressChanged | Reason::DescriptorChanged => "Re-registered",
            };
            let what = format!("{} in {}   {}", wanted.key, entry.label, duration(*took));
            done(word, what);
            let fields = json!({
                "host": entry.host.site().as_str(), "key": wanted.key.as_str(),
                "ms": ms(*took), "reason": reason_word(*reason),
            });
            ui.event("host.registered", &fields);
        }
        Notice::SettingsGood(change) => {
            let words = [
                (change.restart, "the app starts again with it"),
                (!change.renewed.is_empty(), "another log-in"),
                (!change.added.is_empty(), "another host"),
                (!change.gone.is_empty(), "one host less"),
            ];
            let words = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word);
            let words: Vec<_> = words.collect();
            done("Changed", format!("settings: {}", words.join(", ")));
            ui.event("settings.changed", &json!({ "restart": change.restart }));
        }
        Notice::TryingAgain(host, after) => {
            let label = &world.host(*host).label;
            ui.more(&format!(
                "trying again in {} s, or when you save: {label}",
                after.as_secs()
            ));
        }
        Notice::Tunnel(news) => way::tell(world, news),
    }
}

/// An app stays where it is. On a host that ends with us nothing can.
fn kept(world: &World, host: HostId, key: &AppKey) {
    let entry = world.host(host);
    if !entry.lasts {
        return;
    }
    let site = entry.host.site();
    let what = format!("{key} in {}; `connect clean` removes it", entry.label);
    world.ui.status(Verb::Done("Kept"), &what);
    let fields = json!({ "host": site.as_str(), "key": key.as_str() });
    world.ui.event("host.kept", &fields);
    if let Err(error) = world.journal.keep(site, key) {
        let text = format!("the journal cannot be written: {error}");
        world.ui.warning(&text);
    }
}

/// Tells of a request that the app answered.
pub(crate) fn request(ui: &Ui, entry: &Entry) {
    let auth = &entry.auth;
    let mut text = format!("{:>12} {}\n", "<-", show::line(entry));
    if auth.verdict == Verdict::Refused {
        let reason = auth.reason.as_deref().unwrap_or_default();
        text.push_str(&format!("{:12} {reason}\n", ""));
        text.push_str(&rows(&[
            ("expected", &auth.expected),
            ("received", &auth.received),
            ("hint", &auth.hint),
        ]));
    }
    ui.text(&text);
    let fields = json!({
        "id": entry.id, "method": entry.method, "path": entry.path(),
        "status": entry.status, "ms": entry.ms, "auth": auth.algorithm(),
        "verdict": auth.verdict, "code": auth.code,
    });
    ui.event("request.in", &fields);
}

/// Indented lines of what is there, each with its name.
fn rows(rows: &[(&str, &Option<String>)]) -> String {
    let there = rows
        .iter()
        .filter_map(|(name, text)| Some((name, text.as_ref()?)));
    there
        .map(|(name, text)| format!("{:12} {name}: {text}\n", ""))
        .collect()
}

/// Tells of a REST call that the app made to the sandbox, and why it was refused if it was.
pub(crate) fn rest_call(ui: &Ui, call: &RestCall) {
    let who = match (&call.app, &call.user) {
        (Some(_), Some(user)) => format!("as user {user}"),
        (Some(_), None) => "as app".to_owned(),
        (None, _) => "as nobody".to_owned(),
    };
    ui.text(&format!(
        "{:>12} {:<6} {:<39} {}   {} ms   {who}\n",
        "->", call.method, call.path, call.status, call.ms
    ));
    if let Some(refusal) = &call.refusal {
        let mut text = format!("{:12} {}: {}\n", "", refusal.code, refusal.reason);
        text.push_str(&rows(&[
            ("expected", &refusal.expected),
            ("received", &refusal.received),
            ("hint", &refusal.hint),
        ]));
        ui.text(&text);
    }
    ui.event("request.out", call);
}

/// What the end of a session means for the exit code.
pub(crate) fn conclude(world: &World, ending: Ending) -> Result<(), CliError> {
    let named = |left: Vec<(HostId, AppKey)>| -> Vec<(BaseUrl, AppKey)> {
        left.into_iter()
            .filter(|(host, _)| world.host(*host).lasts)
            .map(|(host, key)| (world.host(host).host.site().clone(), key))
            .collect()
    };
    match ending {
        Ending::Clean => {
            world.ui.event("stopped", &json!({}));
            Ok(())
        }
        Ending::Failed(error) => Err(error),
        Ending::LeftAtOnce(left) => Err(CliError::left_at_once(&named(left))),
        Ending::LeftBehind(left) => match &named(left)[..] {
            // The host ended with us, and with it what was installed there.
            [] => Ok(()),
            left => Err(CliError::left_behind(left)),
        },
    }
}

fn validated(file: &str, descriptor: &Descriptor) -> String {
    let modules = match descriptor.modules {
        1 => "1 module".to_owned(),
        count => format!("{count} modules"),
    };
    match descriptor.warnings {
        0 => format!("{file} ({modules}, 0 findings)"),
        1 => format!("{file} ({modules}, 1 warning: see `connect validate`)"),
        count => format!("{file} ({modules}, {count} warnings: see `connect validate`)"),
    }
}

/// Where to look at the app: its first page on the host, or the host if it has no page.
pub(crate) fn page_url(world: &World, shown: &Shown) -> String {
    let Shown { host, descriptor } = shown;
    let Some(host) = *host else {
        return world.address.get().to_string();
    };
    let entry = world.host(host);
    let site = entry.host.site();
    match &descriptor.page {
        Some(page) => format!("{site}/plugins/servlet/ac/{}/{page}", descriptor.key),
        None => site.to_string(),
    }
}

/// Where an app can be looked at, for programs.
fn place(world: &World, shown: &Shown) -> Value {
    let host = shown
        .host
        .map(|host| world.host(host).host.site().to_string());
    let key = shown.descriptor.key.as_str();
    json!({ "url": page_url(world, shown), "host": host, "key": key })
}

/// Adds the places of the other descriptors, where a project has more than one.
pub(crate) fn also(world: &World, others: &[Shown], fields: &mut Value) {
    if !others.is_empty() {
        let places = others.iter().map(|other| place(world, other));
        fields["also"] = places.collect();
    }
}

fn name(world: &World) -> String {
    let name = world.folder.file_name().unwrap_or_default();
    Path::new(name).display().to_string()
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::AddressChanged => "address",
        Reason::DescriptorChanged => "descriptor",
        Reason::Start => "start",
    }
}

const KEYS_IN_SHORT: &str = "\n  o open   i inspector   t trigger   l license   r re-install   b rebuild   ? keys   q quit\n\n";

const KEYS: &str = "
  o   open the app in a browser
  i   open the page with the requests
  t   list what a host would send; a number then sends it
  l   switch the licence, in the sandbox
  r   install it again on every host
  b   build it and start it again
  q   quit, and take it away; so does Ctrl-C
  ?   this

";
