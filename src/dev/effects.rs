//! Carries out one effect and answers with one event.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use connect_core::AppKey;
use connect_validator::{Finding, Options, Report};
use tokio::sync::watch;

use crate::dev::announce::{self, Announcing};
use crate::dev::app::{self, Launch};
use crate::dev::event::{
    Descriptor, Effect, Event, Generation, HalfId, HostId, RegisterResult, Wanted,
};
use crate::dev::journal::{Entry, Journal};
use crate::dev::keys::{Keys, key_on_disk};
use crate::dev::reaper::{Reaper, Watched};
use crate::dev::settings::{self, Settings};
use crate::dev::way::{Address, OpenWay};
use crate::dev::wishes::grant;
use crate::dev::{build, way};
use crate::error::{CliError, Place};
use crate::host::{
    BoxFuture, Host, Installation, RegisterError, Upm, Verdict, deregister_uncertain,
};
use crate::http::Http;
use crate::project::{DESCRIPTOR, Half, read_text};
use crate::proxy::{Target, Underway};
use crate::ui::Ui;

/// What effects work with.
#[derive(Debug)]
pub(crate) struct World {
    /// The project.
    pub(crate) folder: PathBuf,
    /// Its descriptors, at the index of their id.
    pub(crate) halves: Vec<Half>,
    /// How the app comes to run.
    pub(crate) launch: Launch,
    /// Where hosts reach it.
    pub(crate) address: Arc<Address>,
    /// The tunnel they take, if they need one.
    pub(crate) tunnel: Option<OpenWay>,
    /// Variables for its process.
    pub(crate) variables: Vec<(String, String)>,
    /// Variables for every child: those that hold log-ins are emptied, one says whose child it is.
    pub(crate) for_children: Vec<(String, String)>,
    /// The hosts, at the index of their id.
    pub(crate) hosts: RwLock<Vec<Arc<HostEntry>>>,
    /// The sandbox's UPM for each descriptor, if the sandbox is the host.
    pub(crate) sandbox: Option<Vec<Upm>>,
    /// What config.json and credentials.json said when they were last read.
    pub(crate) settings: Settings,
    /// What may be installed where.
    pub(crate) journal: Journal,
    /// Who takes everything away if this process is killed.
    pub(crate) reaper: Arc<Reaper>,
    /// Outgoing HTTP.
    pub(crate) http: Http,
    /// The terminal.
    pub(crate) ui: Ui,
    /// Where the proxy sends requests.
    pub(crate) target: watch::Sender<Target>,
    /// Requests that the proxy has sent on.
    pub(crate) underway: Underway,
    /// Who is told when the app can be opened.
    pub(crate) announcing: Announcing,
    /// Keys that the descriptors have had.
    pub(crate) keys: Arc<Keys>,
    /// Hosts that a register was sent to and that have not answered, and of which descriptor.
    pub(crate) asked: Mutex<BTreeMap<HostId, HalfId>>,
    /// Registers that were sent and whose end is not known: the host may install the app yet.
    pub(crate) uncertain: Mutex<BTreeSet<(HostId, AppKey)>>,
    /// The process that serves.
    pub(crate) running: Mutex<Option<Running>>,
    /// The program that was built last.
    pub(crate) program: Mutex<Option<PathBuf>>,
    /// The session is ending: what has not been sent to a host is not sent any more.
    pub(crate) leaving: AtomicBool,
}

impl World {
    /// A host of the session. Its log-in may be exchanged at any time; who has it keeps the old one.
    pub(crate) fn host(&self, id: HostId) -> Arc<HostEntry> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&hosts[id.0])
    }
}

/// A process of the app.
#[derive(Debug)]
pub(crate) struct Running {
    /// Which.
    pub(crate) generation: Generation,
    /// To end it.
    pub(crate) group: Watched,
}

/// A host and what we know of it.
#[derive(Debug)]
pub(crate) struct HostEntry {
    /// The host.
    pub(crate) host: Box<dyn Host>,
    /// Its name for people.
    pub(crate) label: String,
    /// It goes on when we end, so what is installed there is worth a journal.
    pub(crate) lasts: bool,
}

/// What became of an effect: an event, and work that goes on in the background.
#[derive(Default)]
pub(crate) struct Reply {
    /// The answer; none from background work that has nothing to say.
    pub(crate) event: Option<Event>,
    /// Background work.
    pub(crate) follow: Vec<BoxFuture<'static, Self>>,
}

impl From<Event> for Reply {
    fn from(event: Event) -> Self {
        Self {
            event: Some(event),
            follow: Vec::new(),
        }
    }
}

/// Carries out an effect of the first block.
pub(crate) async fn carry_out(world: Arc<World>, effect: Effect) -> Reply {
    match effect {
        Effect::Announce { hosts, shown } => {
            let announced = announce::announce(&world, &hosts, &shown).await;
            Event::Announced(announced).into()
        }
        Effect::BuildApp => Event::AppBuilt(build::build(&world).await).into(),
        Effect::Deregister(host, key) => deregister(&world, host, key).await.into(),
        Effect::Grant(wish, shown) => {
            Event::Granted(wish, grant(&world, wish, &shown).await).into()
        }
        Effect::ReadDescriptor(half) => read_descriptor(world, half).await.into(),
        Effect::ReadSettings => Event::SettingsRead(settings::read(&world).await).into(),
        Effect::Register(host, wanted) => {
            let follow = way::look_for_interstitial(&world);
            let event = register(&world, host, wanted).await;
            Reply {
                event: Some(event),
                follow: follow.into_iter().collect(),
            }
        }
        Effect::RetryLater {
            host,
            number,
            after,
        } => {
            deadline(after).await;
            Event::RetryDue(host, number).into()
        }
        Effect::StartApp {
            generation,
            key,
            address,
        } => {
            world.address.set(address);
            app::start(world, generation, key).await
        }
        Effect::StartDeadline(time) => {
            deadline(time).await;
            Event::DeadlinePassed.into()
        }
        Effect::StopApp => {
            app::stop(&world).await;
            Event::AppStopped.into()
        }
        // The loop does these itself.
        Effect::End(_) | Effect::Say(_) => Reply::default(),
    }
}

async fn deadline(time: Duration) {
    // A future that never ends, given up after the time.
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

async fn read_descriptor(world: Arc<World>, half: HalfId) -> Event {
    let checked = tokio::task::spawn_blocking(move || check_descriptor(&world, half)).await;
    let checked = checked.unwrap_or_else(|error| {
        Err(CliError::bug("reading the descriptor broke off").cause(error))
    });
    Event::DescriptorChecked(half, checked)
}

/// Reads and checks a descriptor. Findings are shown here, where the source is at hand.
fn check_descriptor(world: &World, id: HalfId) -> Result<Descriptor, CliError> {
    let half = &world.halves[id.0];
    let source = read_text(&world.folder.join(half.file))?;
    let options = options(world, half);
    let report = connect_validator::check(&source, &options);
    if let Some(first) = first_error(&report) {
        let text = crate::report::render(&world.ui, half.file, &source, &report);
        world.ui.error_text(&text);
        let place = Place {
            file: half.file.to_owned(),
            line: first.span.line,
            column: first.span.column,
        };
        let mut error = CliError::user(first.code, first.message.clone()).at(place);
        error.shown = true;
        return Err(error);
    }
    let facts = connect_validator::descriptor_facts(&source, &options)
        .map_err(|_| CliError::bug("a descriptor without errors cannot be read"))?;
    let key = AppKey::parse(&facts.key)
        .map_err(|error| CliError::user("descriptor/key", "`key` is no app key").cause(error))?;
    world.keys.note(id, &key);
    let page = facts.pages().next().and_then(|page| page.key.clone());
    Ok(Descriptor {
        key,
        hash: meaning(&source),
        page,
        modules: facts.modules.len(),
        warnings: report.warnings(),
    })
}

/// The error to name where there is room for one: a broken syntax explains the rest, and its last
/// error is where the typing stopped.
fn first_error(report: &Report) -> Option<&Finding> {
    let errors = || {
        let findings = report.findings.iter();
        findings.filter(|finding| finding.level == connect_validator::Level::Error)
    };
    errors()
        .rfind(|finding| finding.code == "descriptor/syntax")
        .or_else(|| errors().next())
}

fn options(world: &World, half: &Half) -> Options {
    let mut options = Options::default();
    let address = half.address(&world.address.get());
    options.placeholders.local_base_url = Some(address.to_string());
    options.placeholders.environment = Some("development".to_owned());
    options
}

/// A hash of what a descriptor says, whatever its comments and layout.
fn meaning(source: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let options = jsonc_parser::ParseOptions::default();
    match jsonc_parser::parse_to_serde_value::<serde_json::Value>(source, &options) {
        Ok(value) => value.to_string().hash(&mut hasher),
        Err(_) => source.hash(&mut hasher),
    }
    hasher.finish()
}

async fn register(world: &World, id: HostId, wanted: Wanted) -> Event {
    let began = Instant::now();
    let mut strays = BTreeSet::new();
    let result = match try_register(world, id, &wanted).await {
        Ok(()) => RegisterResult::Done(began.elapsed()),
        Err(Refused::OtherKey(key)) => {
            strays.insert(key);
            RegisterResult::Overtaken
        }
        Err(Refused::Result(result)) => result,
    };
    if matches!(result, RegisterResult::Failed(_)) {
        strays.extend(possible_keys(world, wanted.half));
        lock(&world.uncertain).insert((id, wanted.key.clone()));
    }
    strays.remove(&wanted.key);
    let mut left = Vec::new();
    for stray in strays {
        if !remove_stray(world, id, &stray).await {
            left.push(stray);
        }
    }
    lock(&world.asked).remove(&id);
    Event::RegisterFinished {
        host: id,
        wanted,
        result,
        strays: left,
    }
}

/// Keys that an install may have whose end is not known: the host read the descriptor after the last
/// look at it, which may have had another key meanwhile.
fn possible_keys(world: &World, half: HalfId) -> BTreeSet<AppKey> {
    let mut keys = world.keys.of(half);
    keys.extend(key_on_disk(&world.folder, &world.halves[half.0]));
    keys
}

/// Notes what hosts may install yet that were asked and have not answered, and says so.
pub(crate) fn note_possible(world: &World) {
    for (id, half) in lock(&world.asked).clone() {
        let noted = world.journal.entries();
        let site = world.host(id).host.site().to_string();
        for key in possible_keys(world, half) {
            let known = |entry: &Entry| entry.host == site && entry.key == key.as_str();
            if !noted.iter().any(known) {
                note(world, id, &key);
                let text = format!("{key} may be registered with {site} yet");
                world.ui.warning(&text);
            }
        }
    }
}

/// Notes that an app may be installed on a host.
fn note(world: &World, id: HostId, key: &AppKey) {
    let entry = world.host(id);
    if entry.lasts
        && let Err(error) = world
            .journal
            .intend(entry.host.site(), key, &world.address.get())
    {
        let text = format!("the journal cannot be written: {error}");
        world.ui.warning(&text);
    }
}

/// Removes what the host may have installed instead; true when it is gone.
async fn remove_stray(world: &World, id: HostId, key: &AppKey) -> bool {
    note(world, id, key);
    let entry = world.host(id);
    let removed = deregister_uncertain(&*entry.host, key).await.is_ok();
    removed && world.journal.removed(entry.host.site(), key).is_ok()
}

/// Why a register did not end well.
enum Refused {
    /// The host has an app with this key instead.
    OtherKey(AppKey),
    /// As the session is told.
    Result(RegisterResult),
}

async fn try_register(world: &World, id: HostId, wanted: &Wanted) -> Result<(), Refused> {
    let entry = world.host(id);
    // INVARIANT: readiness is proven, never assumed. Test: the_app_must_serve_its_own_descriptor.
    app::prove_serving(world, wanted)
        .await
        .map_err(|error| Refused::Result(RegisterResult::Unsent(error)))?;
    way::prove(world, wanted)
        .await
        .map_err(|error| Refused::Result(RegisterResult::Unsent(error)))?;
    let installation = Installation {
        key: wanted.key.clone(),
        descriptor_url: format!("{}/{DESCRIPTOR}", wanted.address),
    };
    // INVARIANT: the journal is on disk before the host hears of us.
    // Test: kill_leaves_a_journal_and_the_next_session_takes_over.
    let go = || {
        if world.leaving.load(Ordering::Relaxed) {
            return Verdict::Overtaken;
        }
        let now = read_text(&world.folder.join(world.halves[wanted.half.0].file));
        if !now.is_ok_and(|now| meaning(&now) == wanted.hash) {
            return Verdict::Overtaken;
        }
        if entry.lasts {
            let noted = world
                .journal
                .intend(entry.host.site(), &wanted.key, &wanted.address);
            if let Err(error) = noted {
                return Verdict::Blocked(error.to_string());
            }
        }
        lock(&world.asked).insert(id, wanted.half);
        Verdict::Go
    };
    let what = format!("{} in {}", wanted.key, entry.label);
    let work = entry.host.register(&installation, &go);
    let result = world.ui.wait("Registering", &what, work).await;
    let site = entry.host.site();
    let explain = |error| CliError::host(site, "install the app", &error);
    result.map_err(|error| match error {
        RegisterError::Failed(error) => Refused::Result(RegisterResult::Failed(explain(error))),
        RegisterError::OtherKey(key) => Refused::OtherKey(key),
        RegisterError::Overtaken => Refused::Result(RegisterResult::Overtaken),
        RegisterError::Unsent(error) => Refused::Result(RegisterResult::Unsent(explain(error))),
    })
}

async fn deregister(world: &World, id: HostId, key: AppKey) -> Event {
    let began = Instant::now();
    let entry = world.host(id);
    let site = entry.host.site();
    let what = format!("for {} to remove {key}", entry.label);
    let uncertain = lock(&world.uncertain).contains(&(id, key.clone()));
    let work = async {
        if uncertain {
            deregister_uncertain(&*entry.host, &key).await
        } else {
            entry.host.deregister(&key).await.map(drop)
        }
    };
    let result = match world.ui.wait("Waiting", &what, work).await {
        Ok(()) => {
            if let Err(error) = world.journal.removed(site, &key) {
                let text = format!("the journal cannot be written: {error}");
                world.ui.warning(&text);
            }
            lock(&world.uncertain).remove(&(id, key.clone()));
            Ok(began.elapsed())
        }
        Err(error) => Err(CliError::host(site, "uninstall the app", &error)),
    };
    Event::DeregisterFinished {
        host: id,
        key,
        result,
    }
}

/// Takes what is in a mutex that is never held for long.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_comments_have_no_meaning() {
        let plain = meaning(r#"{"a": 1, "b": [2]}"#);
        assert_eq!(plain, meaning("{ // why\n \"a\":1,\n \"b\":[2], }"));
        assert_ne!(plain, meaning(r#"{"a": 1, "b": [3]}"#));
    }
}
