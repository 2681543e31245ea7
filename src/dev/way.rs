//! The way from the hosts to the app: chosen before the session, opened while it runs, proven
//! before each register, closed after it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use connect_core::BaseUrl;
use serde_json::json;
use tokio::sync::mpsc;

use crate::context::Context;
use crate::dev::effects::{Reply, World, lock};
use crate::dev::event::Wanted;
use crate::env;
use crate::error::CliError;
use crate::host::BoxFuture;
use crate::project::Tunnels;
use crate::proxy::Knock;
use crate::tunnel::{
    self, Choice, Cloudflared, Keeper, Kept, News, NgrokServer, Probe, ProxyServer, Tunnel, Watch,
    Way, Wish,
};
use crate::ui::{Verb, duration, ms};

/// Where hosts reach the app; another one when a tunnel gets another one.
#[derive(Debug)]
pub(crate) struct Address(Mutex<BaseUrl>);

impl Address {
    /// The first one.
    pub(crate) fn new(address: BaseUrl) -> Self {
        Self(Mutex::new(address))
    }

    /// The one now.
    pub(crate) fn get(&self) -> BaseUrl {
        lock(&self.0).clone()
    }

    /// From now on this one.
    pub(crate) fn set(&self, address: BaseUrl) {
        *lock(&self.0) = address;
    }
}

/// A tunnel that a session has.
#[derive(Debug)]
pub(crate) struct OpenWay {
    /// Its name for people and scripts.
    name: &'static str,
    /// The port it leads to.
    port: u16,
    /// Asks through it.
    probe: Probe,
    /// The address where a browser was tried last.
    tried: Mutex<Option<BaseUrl>>,
    /// It was open once.
    opened: AtomicBool,
}

/// What the choice of a way depends on.
pub(crate) struct Asked<'a> {
    /// The tunnel that was asked for.
    pub(crate) choice: Choice,
    /// The address that was asked for.
    pub(crate) url: Option<&'a str>,
    /// The hosts.
    pub(crate) sites: &'a [&'a BaseUrl],
    /// What credentials.json says of tunnels.
    pub(crate) tunnels: Tunnels,
    /// The project.
    pub(crate) folder: PathBuf,
    /// Variables for every child.
    pub(crate) for_children: &'a [(String, String)],
    /// Who ends what outlives us.
    pub(crate) watch: Arc<dyn Watch>,
}

/// Chooses the way.
///
/// # Errors
/// As [`tunnel::choose`], and when the double of ngrok's server cannot be used.
pub(crate) fn choose(asked: Asked<'_>, context: &Context) -> Result<Way, CliError> {
    let far = asked.sites.iter().any(|site| !site.is_loopback());
    let env = &context.env;
    // ACE reads it too. It is for hosts elsewhere; one on this machine needs no tunnel.
    let variable = env
        .text(env::AC_LOCAL_BASE_URL)
        .filter(|_| far && asked.choice == Choice::Auto);
    let mut ngrok = asked.tunnels.ngrok;
    let token = env
        .text(env::NGROK_AUTHTOKEN)
        .map(connect_core::Secret::new);
    ngrok.authtoken = ngrok.authtoken.or(token);
    ngrok.server = ngrok_server(context)?;
    let takes_ngrok = match asked.choice {
        Choice::Auto => far && ngrok.authtoken.is_some(),
        Choice::Ngrok => true,
        Choice::Cloudflared | Choice::None => false,
    };
    if takes_ngrok && ngrok.server.is_none() {
        ngrok.proxy = proxy(context)?;
    }
    for key in &ngrok.unused {
        let text = format!("`ngrok.{key}` of credentials.json means nothing here");
        context.ui.explain(&text);
    }
    tunnel::choose(Wish {
        choice: asked.choice,
        url: asked.url.or(variable),
        sites: asked.sites,
        ngrok,
        named: asked.tunnels.named,
        cloudflared: context
            .program("cloudflared")
            .map(|program| Cloudflared::new(program, asked.folder, asked.watch))
            .map(|program| program.with_variables(asked.for_children.to_vec())),
    })
}

/// The double of ngrok's server, for tests.
fn ngrok_server(context: &Context) -> Result<Option<NgrokServer>, CliError> {
    let Some(address) = context.env.text(env::CONNECT_NGROK_SERVER) else {
        return Ok(None);
    };
    let file = context.env.text(env::CONNECT_NGROK_CA).unwrap_or_default();
    let ca = std::fs::read(context.cwd.join(file))
        .map_err(|error| CliError::ngrok_server(&format!("CONNECT_NGROK_CA: {error}")))?;
    match NgrokServer::on_this_machine(address, ca) {
        Some(server) => Ok(Some(server)),
        None => Err(CliError::ngrok_server("it must be `localhost:<port>`")),
    }
}

/// The proxy that the connection to ngrok's server goes out by.
fn proxy(context: &Context) -> Result<Option<ProxyServer>, CliError> {
    let without = [env::NO_PROXY, env::NO_PROXY_LOWER];
    let mut without = without.iter().filter_map(|name| context.env.text(name));
    if without.any(|names| names.split(',').any(is_ngrok)) {
        return Ok(None);
    }
    let variables = [env::HTTPS_PROXY, env::HTTPS_PROXY_LOWER];
    let named = variables
        .iter()
        .find_map(|name| context.env.text(name).map(|text| (name, text)));
    match named {
        Some((name, text)) => ProxyServer::parse(text)
            .map(Some)
            .ok_or_else(|| CliError::bad_proxy(name)),
        None => Ok(None),
    }
}

/// Whether an entry of `NO_PROXY` is about ngrok's server.
fn is_ngrok(entry: &str) -> bool {
    let entry = entry.trim();
    let name = entry.trim_start_matches('.');
    entry == "*" || name == NGROK_HOST || NGROK_HOST.ends_with(&format!(".{name}"))
}

const NGROK_HOST: &str = "connect.ngrok-agent.com";

/// What a session needs of a tunnel that is being opened.
pub(crate) struct Opening {
    /// To close it.
    pub(crate) kept: Kept,
    /// What to ask of it.
    pub(crate) way: OpenWay,
    /// What becomes of it.
    pub(crate) news: mpsc::Receiver<News>,
}

/// Begins to open a tunnel to a port, and says what becomes public before it does.
///
/// # Errors
/// When the system gives no random numbers.
pub(crate) fn open(
    tunnel: Box<dyn Tunnel>,
    port: u16,
    context: &Context,
) -> Result<Opening, CliError> {
    let probe = Probe::new(context.http.clone()).map_err(|error| CliError::tunnel(&error))?;
    let way = OpenWay {
        name: tunnel.name(),
        port,
        probe: probe.clone(),
        tried: Mutex::default(),
        opened: AtomicBool::new(false),
    };
    if tunnel.leads_here() {
        context.ui.warning(&format!(
            "127.0.0.1:{port} becomes public through {} until you stop; \
             routes without authentication answer anyone",
            way.name
        ));
    }
    let (tell, news) = mpsc::channel(16);
    Ok(Opening {
        kept: Keeper::new(tunnel, probe, port).start(tell),
        way,
        news,
    })
}

impl OpenWay {
    /// The door that its probe knocks at.
    pub(crate) fn knock(&self) -> Knock {
        self.probe.knock.clone()
    }

    /// What is waited for while it opens, for people.
    pub(crate) fn opening(&self) -> String {
        match self.name {
            "own" => "for an answer through the tunnel".to_owned(),
            name => format!("for {name} to open a tunnel"),
        }
    }
}

/// Closes a tunnel.
pub(crate) async fn close(kept: Kept, world: &World) {
    kept.close().await;
    let way = world.tunnel.as_ref();
    if way.is_some_and(|way| way.opened.load(Ordering::Relaxed)) {
        world.ui.status(Verb::Done("Closed"), "tunnel");
        world.ui.event("tunnel.closed", &json!({}));
    }
}

/// Checks that the app's descriptor comes through the tunnel, if there is one.
pub(crate) async fn prove(world: &World, wanted: &Wanted) -> Result<(), CliError> {
    let Some(way) = &world.tunnel else {
        return Ok(());
    };
    let proof = way.probe.prove_descriptor(&wanted.address, &wanted.key);
    let what = format!("for the descriptor to come through {}", wanted.address);
    let proven = world.ui.wait("Waiting", &what, proof).await;
    proven.map_err(|error| CliError::tunnel(&error))
}

/// Looks once for each address whether browsers see a page of the operator before the app's own.
pub(crate) fn look_for_interstitial(world: &World) -> Option<BoxFuture<'static, Reply>> {
    let way = world.tunnel.as_ref()?;
    let address = world.address.get();
    let mut tried = lock(&way.tried);
    if tried.as_ref() == Some(&address) {
        return None;
    }
    *tried = Some(address.clone());
    let (probe, ui) = (way.probe.clone(), world.ui);
    Some(Box::pin(async move {
        if let Some(page) = probe.interstitial(&address).await {
            ui.caution(&CliError::interstitial(&address, page));
        }
        Reply::default()
    }))
}

/// Tells the user what became of the tunnel.
pub(crate) fn tell(world: &World, news: &News) {
    let (ui, Some(way)) = (&world.ui, &world.tunnel) else {
        return;
    };
    match news {
        // The session ends with it, and says so then.
        News::Ended(_) => {}
        News::Lost { error, tries } => {
            let mut error = CliError::tunnel(error);
            let fields = json!({
                "provider": way.name, "code": error.code, "message": error.message,
                "tries": tries,
            });
            ui.event("tunnel.lost", &fields);
            error.message = format!("{}, reconnecting ({tries})", error.message);
            ui.caution(&error);
        }
        News::Opened { url, took } => {
            way.opened.store(true, Ordering::Relaxed);
            let what = format!("tunnel {url} -> 127.0.0.1:{}", way.port);
            ui.status(Verb::Done("Opened"), &what);
            let fields = json!({ "url": url.as_str(), "provider": way.name, "ms": ms(*took) });
            ui.event("tunnel.opened", &fields);
            ui.explain(&format!("it took {}", duration(*took)));
        }
        News::Waiting(error) => ui.caution(&CliError::tunnel(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_keeps_what_it_names_from_the_proxy() {
        for (entry, expected) in [
            ("*", true),
            ("connect.ngrok-agent.com", true),
            (" .ngrok-agent.com", true),
            ("ngrok-agent.com", true),
            ("agent.com", false),
            ("localhost", false),
            ("", false),
        ] {
            assert_eq!(is_ngrok(entry), expected, "{entry}");
        }
    }
}
