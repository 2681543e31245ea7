//! The app's process: start it, prove that it serves, exchange it, stop it.

use std::sync::Arc;
use std::time::Duration;

use connect_core::AppKey;
use serde::Deserialize;
use tokio::time::Instant;

use crate::dev::effects::{Reply, Running, World, lock};
use crate::dev::event::{Event, Generation, Wanted};
use crate::dev::reaper::Watched;
use crate::error::CliError;
use crate::http;
use crate::process::{self, CommandLine, Output, Waiter};
use crate::project::{DESCRIPTOR, Half};
use crate::proxy::Target;

/// How the app comes to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Launch {
    /// It is running already.
    Attached {
        /// Where.
        port: u16,
    },
    /// Built and started with this cargo.
    Cargo {
        /// The cargo.
        cargo: String,
    },
    /// Started by a shell.
    Shell {
        /// The command.
        command: String,
        /// The port it listens on whatever `PORT` says.
        port: Option<u16>,
    },
}

/// Longest start, until the descriptor is served.
const START: Duration = Duration::from_secs(30);
/// Longest proof, before a register, that the app still serves.
const PROOF: Duration = Duration::from_secs(3);
/// How long another app's descriptor is taken for a start that is not complete.
const WRONG_KEY: Duration = Duration::from_secs(3);
/// Longest single look.
const LOOK: Duration = Duration::from_secs(5);

/// Starts the app beside the running one, waits until it serves its descriptor, sends requests to
/// it from then on, and only then ends the old one.
pub(crate) async fn start(world: Arc<World>, generation: Generation, key: Option<AppKey>) -> Reply {
    let mut reply = Reply::default();
    let result = match &world.launch {
        Launch::Attached { port } => {
            let address = world.address.get();
            let awaited = Awaited {
                port: *port,
                path: address.path(),
                key: key.as_ref(),
            };
            let served = wait_until_serving(&world, awaited, START, None).await;
            served.map(|()| {
                world.target.send_replace(Target::Serving(*port));
            })
        }
        Launch::Cargo { .. } | Launch::Shell { .. } => {
            start_process(&world, generation, key.as_ref(), &mut reply).await
        }
    };
    if result.is_err() && lock(&world.running).is_none() {
        world.target.send_replace(Target::Down);
    }
    reply.event = Some(Event::AppStarted { generation, result });
    reply
}

/// Ends the app's process, if it is ours.
pub(crate) async fn stop(world: &World) {
    world.announcing.end().await;
    let running = lock(&world.running).take();
    if let Some(running) = running {
        running.group.end().await;
    }
    world.target.send_replace(Target::Down);
}

/// Checks that the process that serves has the descriptor that a host is to read.
pub(crate) async fn prove_serving(world: &World, wanted: &Wanted) -> Result<(), CliError> {
    let target = *world.target.borrow();
    match target {
        Target::Serving(port) => {
            let awaited = Awaited {
                port,
                path: wanted.address.path(),
                key: Some(&wanted.key),
            };
            let served = wait_until_serving(world, awaited, PROOF, None).await;
            let half = &world.halves[wanted.half.0];
            served.map_err(|mut error| {
                if !half.below.is_empty() {
                    let Half { file, below, .. } = half;
                    error.hints = vec![format!("let the app serve {file} at {below}/{DESCRIPTOR}")];
                }
                error
            })
        }
        Target::Down | Target::Starting => Err(CliError::app_exited("it is not running")),
    }
}

async fn start_process(
    world: &Arc<World>,
    generation: Generation,
    key: Option<&AppKey>,
    reply: &mut Reply,
) -> Result<(), CliError> {
    let (command, port) = command(world)?;
    if let Launch::Shell { port: Some(_), .. } = world.launch {
        // Two of them cannot have the same port.
        let old = lock(&world.running).take();
        if let Some(old) = old {
            world.target.send_replace(Target::Starting);
            old.group.end().await;
        }
    }
    if lock(&world.running).is_none() {
        world.target.send_replace(Target::Starting);
    }
    let started = process::start(&command, Output::ToStderr)
        .map_err(|error| CliError::app_not_started(&error))?;
    let group = Watched::new(started.group, &world.reaper);
    let mut waiter = started.waiter;
    let address = world.address.get();
    let path = address.path();
    let awaited = Awaited { port, path, key };
    wait_until_serving(world, awaited, START, Some(&mut waiter)).await?;
    let new = Running { generation, group };
    let before = *world.target.borrow();
    if let Some(old) = take_over(world, new, port) {
        let underway = world.underway.clone();
        reply.follow.push(Box::pin(async move {
            if let Target::Serving(port) = before {
                underway.ended(port).await;
            }
            old.group.end().await;
            Reply::default()
        }));
    }
    let world = Arc::clone(world);
    reply.follow.push(Box::pin(async move {
        let status = waiter.wait().await.to_string();
        // What it started ends with it, while its group's number is surely its own.
        drop(retire(&world, generation));
        Event::AppExited { generation, status }.into()
    }));
    Ok(())
}

/// Puts a process in the place of the one that serves, which is handed back to be ended.
fn take_over(world: &World, new: Running, port: u16) -> Option<Running> {
    let mut running = lock(&world.running);
    world.target.send_replace(Target::Serving(port));
    running.replace(new)
}

/// Takes a process out of service, unless another one has taken over already.
fn retire(world: &World, generation: Generation) -> Option<Running> {
    let mut running = lock(&world.running);
    let retired = running.take_if(|running| running.generation == generation)?;
    world.target.send_replace(Target::Down);
    Some(retired)
}

fn command(world: &World) -> Result<(CommandLine, u16), CliError> {
    let (program, arguments, port) = match &world.launch {
        Launch::Shell { command, port } => {
            let (shell, arguments) = process::shell(command);
            (shell, arguments, *port)
        }
        Launch::Attached { .. } | Launch::Cargo { .. } => {
            let program = lock(&world.program).clone();
            let program = program.ok_or_else(|| CliError::bug("started before it was built"))?;
            (program.into_os_string(), Vec::new(), None)
        }
    };
    let port = match port {
        Some(port) => port,
        None => free_port().map_err(|error| {
            CliError::outside("app/no-port", "the system gives no free port").cause(error)
        })?,
    };
    let mut variables = world.variables.clone();
    let address = world.address.get().to_string();
    variables.push((crate::env::AC_LOCAL_BASE_URL.to_owned(), address));
    variables.push((crate::env::PORT.to_owned(), port.to_string()));
    let command = CommandLine {
        program,
        arguments,
        folder: world.folder.clone(),
        variables,
        without: Vec::new(),
    };
    Ok((command, port))
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

/// A descriptor that is to be served.
#[derive(Clone, Copy)]
struct Awaited<'a> {
    port: u16,
    /// Path of the app's address.
    path: &'a str,
    /// The key it must have, if that is known.
    key: Option<&'a AppKey>,
}

/// Looks again and again until the descriptor is served, with this key if one is given.
async fn wait_until_serving(
    world: &World,
    awaited: Awaited<'_>,
    within: Duration,
    mut waiter: Option<&mut Waiter>,
) -> Result<(), CliError> {
    let Awaited { port, key, .. } = awaited;
    let began = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        let problem = match look(world, awaited, within.min(LOOK)).await {
            Look::Descriptor(found) => match key {
                Some(key) if found != key.as_str() => {
                    if began.elapsed() > WRONG_KEY.min(within) {
                        return Err(CliError::app_wrong_key(port, &found, key));
                    }
                    format!("it serves the key `{found}`")
                }
                _ => return Ok(()),
            },
            // The descriptor on disk is broken just now, so none can be served.
            Look::Other(_) if key.is_none() => return Ok(()),
            Look::Nothing(problem) | Look::Other(problem) => problem,
        };
        if began.elapsed() > within {
            return Err(CliError::app_not_answering(
                port,
                within.as_secs(),
                &problem,
            ));
        }
        // A pause that ends early if the process does.
        let exited = match &mut waiter {
            Some(waiter) => waiter.wait_for(pause).await,
            None => {
                #[expect(clippy::disallowed_methods, reason = "back-off between looks")]
                tokio::time::sleep(pause).await;
                None
            }
        };
        if let Some(status) = exited {
            return Err(CliError::app_exited(&status.to_string()));
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

enum Look {
    /// A descriptor with this key.
    Descriptor(String),
    /// No answer.
    Nothing(String),
    /// Some other answer.
    Other(String),
}

async fn look(world: &World, awaited: Awaited<'_>, deadline: Duration) -> Look {
    let Awaited { port, path, .. } = awaited;
    let text = format!("http://127.0.0.1:{port}{path}/{DESCRIPTOR}");
    let Ok(url) = url::Url::parse(&text) else {
        return Look::Nothing("no address".to_owned());
    };
    let client = match world.http.client(&url) {
        Ok(client) => client,
        Err(error) => return Look::Nothing(error.to_string()),
    };
    let answer = match http::send(client.get(url), deadline).await {
        Ok(answer) => answer,
        Err(error) => return Look::Nothing(error.to_string()),
    };
    if !answer.status.is_success() {
        let status = answer.status.as_u16();
        return Look::Other(format!("GET {path}/{DESCRIPTOR} answered {status}"));
    }
    match serde_json::from_slice::<Served>(&answer.body) {
        Ok(served) => Look::Descriptor(served.key),
        Err(_) => Look::Other(format!("GET {path}/{DESCRIPTOR} answered no descriptor")),
    }
}

#[derive(Deserialize)]
struct Served {
    key: String,
}
