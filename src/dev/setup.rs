//! From flags and files to a session: everything that must hold before it starts.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use connect_core::{BaseUrl, Secret};
use connect_sandbox::Sandbox;
use tokio::sync::{mpsc, watch};

use crate::context::Context;
use crate::dev::announce::Announcing;
use crate::dev::app::Launch;
#[cfg(all(debug_assertions, unix))]
use crate::dev::breaking;
use crate::dev::effects::World;
use crate::dev::event::{Ending, Event, HalfId};
use crate::dev::front::front;
use crate::dev::hosts::{self, Hosts, Place, sandbox_upms};
use crate::dev::inspecting::About;
use crate::dev::journal::StateFolder;
use crate::dev::keys::Keys;
use crate::dev::reaper::Reaper;
use crate::dev::session::{AppKind, Session, SessionOptions, Until};
use crate::dev::settings::Settings;
use crate::dev::sources::app::Scope;
use crate::dev::sources::files::Watching;
use crate::dev::switches::Switches;
use crate::dev::way::{self, Address, Asked};
use crate::dev::{inspecting, left, notices, reaper, run, sources};
use crate::env;
use crate::error::CliError;
use crate::host;
use crate::project::{
    CONFIG, CREDENTIALS, Config, Credentials, DESCRIPTOR, FileError, Half, HostCredentials,
};
use crate::proxy::{self, Behind, Knock, Target, Underway};
use crate::tunnel::{Choice, Way};

/// What `connect dev` is to do.
#[derive(Clone, Debug)]
pub(crate) struct DevOptions {
    /// The project.
    pub(crate) folder: PathBuf,
    /// Where to install the app.
    pub(crate) hosts: HostChoice,
    /// The command that starts the app.
    pub(crate) exec: Option<String>,
    /// The port the user named.
    pub(crate) port: Option<u16>,
    /// Files and folders whose change starts that command again; none named are all sources, and
    /// without a list nothing does.
    pub(crate) watch: Option<Vec<PathBuf>>,
    /// The tunnel the user asked for.
    pub(crate) tunnel: Choice,
    /// The address the user named.
    pub(crate) url: Option<String>,
    /// The sandbox's port, if the user named one.
    pub(crate) sandbox_port: Option<u16>,
    /// Apps stay where they are in the end.
    pub(crate) keep: bool,
    /// Run once the app can be opened.
    pub(crate) on_ready: Option<String>,
    /// Look for changes every so often instead of being told.
    pub(crate) poll: Option<Duration>,
    /// Written once the app can be opened.
    pub(crate) ready_file: Option<PathBuf>,
    /// How long it goes on.
    pub(crate) until: Until,
}

/// Where to install the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostChoice {
    /// On the hosts of credentials.json, or in the sandbox when it names none.
    Auto,
    /// Nowhere.
    None,
    /// In the sandbox.
    Sandbox,
    /// On the hosts of credentials.json.
    Upm,
}

/// Runs the app until the user leaves.
///
/// # Errors
/// What kept it from starting, what ended it, or what was left behind.
pub(crate) async fn dev(options: DevOptions, context: &Context) -> Result<(), CliError> {
    let (events, receiver) = mpsc::channel(16);
    let mut sources = sources::signals::sources(&events)?;
    #[cfg(unix)]
    sources.extend(sources::keys::sources(&events, context.ui));
    let folder = project_folder(&options.folder)?;
    let options = DevOptions {
        folder: folder.clone(),
        ..options
    };
    let halves = Half::of(&folder);
    let config = Config::read(&folder, &context.env)?;
    let credentials = Credentials::read(&folder, &context.env)?;
    let launch = launch(&options, &folder, context)?;
    let switches = Switches::read(&context.env);
    let hosts_of_file = hosts::unlock(&options, &credentials, &switches, context).await?;
    let tunnels = credentials.tunnels;
    let withheld = withheld(&hosts_of_file, tunnels.ngrok.authtoken.as_ref(), context);
    let keep = options.keep && !switches.force_dereg;
    let mut for_children = withheld.clone();
    let mark = reaper::mark(std::process::id());
    for_children.push((env::CONNECT_SESSION.to_owned(), mark));
    let state = StateFolder::open(&folder).await?;
    let announcing = Announcing::new(options.ready_file.clone(), options.on_ready.clone())?;
    let reaper = Arc::new(start_reaper(&folder, keep, &withheld, context));
    let journal = state.journal(Arc::clone(&reaper));
    let place = Place {
        halves: &halves,
        named: &hosts_of_file,
        switches: &switches,
        reaper: &reaper,
    };
    let Hosts {
        entries: hosts,
        of: of_hosts,
        sandbox,
    } = hosts::choose(&options, &place, context).await?;
    let sites: Vec<&BaseUrl> = hosts.iter().map(|entry| entry.host.site()).collect();

    let chosen = way::choose(
        Asked {
            choice: options.tunnel,
            url: options.url.as_deref(),
            sites: &sites,
            tunnels,
            folder: folder.clone(),
            for_children: &for_children,
            watch: Arc::<Reaper>::clone(&reaper),
        },
        context,
    )?;
    let front = front(&options, &launch, &config, &chosen, context).await?;
    let here = BaseUrl::parse(&format!("http://127.0.0.1:{}", front.port))
        .map_err(|error| CliError::bug(error.to_string()))?;
    let mut knock = Knock::default();
    let (address, opening) = match chosen {
        Way::Direct(address) => (Some(address), None),
        Way::Here => (Some(here.clone()), None),
        Way::Through(tunnel) => {
            let opening = way::open(tunnel, front.port, context)?;
            knock = opening.way.knock();
            (None, Some(opening))
        }
    };
    let (kept, tunnel) = match opening {
        Some(opening) => {
            // cargo shows a line of its own.
            let shown = !matches!(launch, Launch::Cargo { .. });
            let waiting = shown.then(|| (context.ui, opening.way.opening()));
            sources.push(sources::tunnel::source(
                opening.news,
                events.clone(),
                waiting,
            ));
            (Some(opening.kept), Some(opening.way))
        }
        None => (None, None),
    };
    let left = left::by_others(&journal, &sites, context);
    let watching = Watching {
        poll: options.poll,
        ui: context.ui,
        told: AtomicBool::new(false),
    };
    let described = halves.iter().enumerate();
    let described =
        described.map(|(index, half)| (half.file, Event::DescriptorChanged(HalfId(index))));
    let settings = [CONFIG, CREDENTIALS].map(|file| (file, Event::SettingsChanged));
    for (file, event) in described.chain(settings) {
        let path = folder.join(file);
        sources.push(sources::file::source(
            &path,
            event,
            events.clone(),
            &watching,
        )?);
    }
    let kind = kind(&launch, options.watch.as_ref());
    if kind != AppKind::Started {
        let scope = match (&launch, &options.watch) {
            (Launch::Cargo { .. }, _) => Scope::Cargo,
            (_, Some(named)) if !named.is_empty() => Scope::Named(named.clone()),
            _ => Scope::Endings,
        };
        let source = sources::app::source(&folder, scope, events.clone(), &watching)?;
        sources.push(source);
    }
    #[cfg(all(debug_assertions, unix))]
    sources.extend(breaking::source(&context.env));
    let (target, watched) = watch::channel(Target::Starting);
    // Until a tunnel is open, the app is reached from here only.
    let reached = Arc::new(Address::new(address.clone().unwrap_or(here)));
    let keys = Arc::new(Keys::new(&halves, &reaper));
    let underway = Underway::default();
    // Closed when the session is over.
    let mut door = None;
    if let Some(listener) = front.listener {
        let port = front.port;
        let about = About {
            project: &folder,
            halves: &halves,
            address: Arc::clone(&reached),
            front: port,
        };
        let inspecting = inspecting::start(about, sandbox.as_ref(), context).await;
        let behind = Behind {
            target: watched,
            observer: inspecting.observer,
            knock,
            described: keys.of_served(),
            underway: underway.clone(),
        };
        sources.push(Box::pin(proxy::serve(listener, behind)));
        sources.extend(inspecting.sources);
        door = inspecting.door;
    }
    if let Some(sandbox) = &sandbox {
        sources.push(sources::sandbox::source(sandbox, context.ui));
    }
    let session = Session::new(SessionOptions {
        halves: halves.clone(),
        hosts: of_hosts,
        app: kind,
        address: address.clone(),
        left,
        announce: announcing.is_wanted(),
        until: options.until,
        keep,
    });
    let mut variables = variables(&switches, sandbox.as_ref());
    variables.extend(for_children.clone());
    let world = Arc::new(World {
        sandbox: sandbox
            .as_ref()
            .map(|sandbox| sandbox_upms(sandbox, &halves, &folder, context)),
        folder,
        halves,
        launch,
        variables,
        for_children,
        address: reached,
        tunnel,
        announcing,
        hosts: RwLock::new(hosts.into_iter().map(Arc::new).collect()),
        settings: Settings::new(&options.folder, &context.env, hosts_of_file),
        journal,
        reaper,
        http: context.http.clone(),
        ui: context.ui,
        target,
        keys,
        underway,
        asked: Mutex::default(),
        uncertain: Mutex::default(),
        running: Mutex::default(),
        program: Mutex::default(),
        leaving: AtomicBool::new(false),
    });
    if world.tunnel.is_none() {
        let text = format!("the app is reached at {}", world.address.get());
        context.ui.explain(&text);
    }
    let ending = run::run(&world, session, receiver, sources).await;
    match (kept, &ending) {
        // Who leaves at once waits for nobody.
        (None, _) | (_, Ending::LeftAtOnce(_)) => {}
        (Some(kept), _) => way::close(kept, &world).await,
    }
    if let Some(sandbox) = sandbox {
        host::sandbox::stop(sandbox).await;
    }
    drop(door);
    world.reaper.dismiss().await;
    drop(state);
    notices::conclude(&world, ending)
}

/// The project's folder, spelled as cargo spells it.
fn project_folder(folder: &Path) -> Result<PathBuf, CliError> {
    let folder = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    if folder.join(DESCRIPTOR).exists() {
        return Ok(folder);
    }
    Err(FileError::Missing(folder.join(DESCRIPTOR)).into())
}

fn launch(options: &DevOptions, folder: &Path, context: &Context) -> Result<Launch, CliError> {
    if let Some(command) = &options.exec {
        return Ok(Launch::Shell {
            command: command.clone(),
            port: options.port.filter(|port| *port != 0),
        });
    }
    if folder.join("Cargo.toml").is_file() {
        let cargo = context.env.text(env::CARGO).unwrap_or("cargo").to_owned();
        return Ok(Launch::Cargo { cargo });
    }
    match options.port {
        Some(port) if port != 0 => Ok(Launch::Attached { port }),
        _ => Err(CliError::nothing_to_run()),
    }
}

fn kind(launch: &Launch, watch: Option<&Vec<PathBuf>>) -> AppKind {
    match launch {
        Launch::Cargo { .. } => AppKind::Built,
        Launch::Shell { port, .. } if watch.is_some() => AppKind::Watched {
            in_place: port.is_some(),
        },
        Launch::Attached { .. } | Launch::Shell { .. } => AppKind::Started,
    }
}

/// The process that takes everything away if this one is killed. A session can do without it.
fn start_reaper(
    folder: &Path,
    keep: bool,
    variables: &[(String, String)],
    context: &Context,
) -> Reaper {
    let mut variables = variables.to_vec();
    // It talks to the same hosts.
    let cacert = context.cacert.as_ref().and_then(|file| file.to_str());
    variables.extend(cacert.map(|file| (env::CONNECT_CACERT.to_owned(), file.to_owned())));
    Reaper::start(folder, keep, &variables).unwrap_or_else(|error| {
        let text = format!(
            "{error}: {}; if this process is killed, the app stays where it is: `connect clean`",
            error.source
        );
        context.ui.warning(&text);
        Reaper::default()
    })
}

/// Variables for the app's process, besides its port and its address.
fn variables(switches: &Switches, sandbox: Option<&Sandbox>) -> Vec<(String, String)> {
    let mut variables = vec![(env::AC_OPTS.to_owned(), switches.for_the_app())];
    if let Some(sandbox) = sandbox {
        let values = [
            (env::CONNECT_KEYS_CDN_URL, sandbox.keys_url().to_owned()),
            (env::CONNECT_FORGE_KEYS_URL, sandbox.forge_keys_url()),
            (
                env::AC_HOST_SCRIPT_URL,
                sandbox.host_script_url().to_owned(),
            ),
        ];
        variables.extend(values.map(|(name, value)| (name.to_owned(), value)));
    }
    variables
}

/// Variables that hold a log-in of ours, emptied for our children: neither the app nor its build
/// has any business with them.
fn withheld(
    hosts: &[HostCredentials],
    authtoken: Option<&Secret>,
    context: &Context,
) -> Vec<(String, String)> {
    let secret = |value: &str| {
        let value = Secret::new(value);
        let mut passwords = hosts.iter().map(|host| &host.password);
        passwords.any(|password| *password == value) || authtoken == Some(&value)
    };
    let names = context.env.names_of(secret);
    let names = names.chain([env::NGROK_AUTHTOKEN]);
    let by_value = names.map(|name| (name.to_owned(), String::new()));
    let mut all: Vec<_> = by_value.chain(context.withheld()).collect();
    all.sort();
    all.dedup();
    all
}
