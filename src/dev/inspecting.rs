//! The inspector of a session: it hears of requests from the proxy, tells of them, and shows them
//! on a page of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use connect_core::BaseUrl;
use connect_core::install_keys::KeyHosts;
use connect_sandbox::Sandbox;
use tokio::sync::mpsc;

use crate::context::Context;
use crate::dev::hosts::sandbox_products;
use crate::dev::notices;
use crate::dev::way::Address;
use crate::env;
use crate::host::BoxFuture;
use crate::inspect::{self, Door, Judge, Ring, Stage};
use crate::project::Half;
use crate::proxy::{Observer, Served};
use crate::ui::Verb;

/// Requests that may wait to be judged; more are not shown.
const WAITING: usize = 1024;

/// An inspector that is to be fed and polled.
pub(crate) struct Inspecting {
    /// What the proxy tells.
    pub(crate) observer: Observer,
    /// What has to be polled.
    pub(crate) sources: Vec<BoxFuture<'static, ()>>,
    /// Tells other commands where its page is, until it is dropped.
    pub(crate) door: Option<OpenDoor>,
}

/// The file that says where the page is.
pub(crate) struct OpenDoor(PathBuf);

impl Drop for OpenDoor {
    fn drop(&mut self) {
        Door::remove(&self.0);
    }
}

/// What an inspector is about.
pub(crate) struct About<'a> {
    /// The project.
    pub(crate) project: &'a Path,
    /// Its descriptors.
    pub(crate) halves: &'a [Half],
    /// Where the app is reached.
    pub(crate) address: Arc<Address>,
    /// The port where the proxy serves it.
    pub(crate) front: u16,
}

/// Opens an inspector for an app.
pub(crate) async fn start(
    about: About<'_>,
    sandbox: Option<&Sandbox>,
    context: &Context,
) -> Inspecting {
    let About {
        project,
        halves,
        address,
        front,
    } = about;
    let (tell, served) = mpsc::channel::<Served>(WAITING);
    let judge = Arc::new(Judge::new(
        Box::new(move || address.get()),
        halves.to_vec(),
        keys(sandbox, context),
        context.http.clone(),
    ));
    let ring = Arc::new(Ring::new(inspect::folder(project)));
    let ui = context.ui;
    let told = move |entry: &inspect::Entry| notices::request(&ui, entry);
    let mut inspecting = Inspecting {
        observer: Arc::new(move |one| {
            let _ = tell.try_send(one);
        }),
        sources: vec![Box::pin(inspect::keep(
            served,
            Arc::clone(&judge),
            Arc::clone(&ring),
            told,
        ))],
        door: None,
    };
    let opened = async {
        let (listener, door) = inspect::listen().await?;
        door.write(project)?;
        Ok::<_, std::io::Error>((listener, door))
    };
    match opened.await {
        Ok((listener, door)) => {
            let page = door.page();
            ui.status(Verb::Done("Inspecting"), &page);
            ui.event("inspector", &serde_json::json!({ "url": page }));
            let products = sandbox_products(halves, project, context).into_iter();
            let stage = sandbox.map(|sandbox| {
                let sites = products.map(|product| sandbox.site(product));
                stage(sandbox, sites.collect())
            });
            let serve = inspect::serve(listener, door, ring, judge, front, stage);
            inspecting.sources.push(Box::pin(serve));
            inspecting.door = Some(OpenDoor(project.to_path_buf()));
        }
        // A session without the page is a session all the same.
        Err(error) => ui.warning(&format!("the inspector has no page: {error}")),
    }
    inspecting
}

/// What the sandbox does for other commands.
fn stage(sandbox: &Sandbox, sites: Vec<BaseUrl>) -> Stage {
    let signer = sandbox.signer();
    Stage {
        sign: Box::new(move |claims, kid| {
            let signer = signer.clone();
            Box::pin(async move {
                let signed = signer.sign(&claims, kid.as_ref()).await;
                signed.map_err(|error| error.to_string())
            })
        }),
        sites,
        username: sandbox.username().to_owned(),
        password: sandbox.password().clone(),
    }
}

/// Where the install keys of this session's hosts are.
fn keys(sandbox: Option<&Sandbox>, context: &Context) -> KeyHosts {
    let named = match sandbox {
        Some(sandbox) => Some(sandbox.keys_url()),
        None => context.env.text(env::CONNECT_KEYS_CDN_URL),
    };
    let named = named.and_then(|url| BaseUrl::parse(url).ok());
    named.map_or(KeyHosts::Production, KeyHosts::Custom)
}
