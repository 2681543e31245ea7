//! The port at which the app is reached on this machine.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::context::Context;
use crate::dev::app::Launch;
use crate::dev::setup::DevOptions;
use crate::error::CliError;
use crate::project::Config;
use crate::tunnel::Way;

/// Where the app is reached unless the user says otherwise.
pub(crate) const APP_PORT: u16 = 3000;

/// Where people reach the app: our proxy, or the app itself if it runs already.
pub(crate) struct Front {
    /// The port.
    pub(crate) port: u16,
    /// Listens there; none if the app itself does.
    pub(crate) listener: Option<TcpListener>,
}

/// Takes a port for the app.
///
/// # Errors
/// When the one the user named is taken.
pub(crate) async fn front(
    options: &DevOptions,
    launch: &Launch,
    config: &Config,
    way: &Way,
    context: &Context,
) -> Result<Front, CliError> {
    let listener = match launch {
        // A tunnel of ours is proven at our own door.
        Launch::Attached { .. } if way.needs_a_door() => bind(0)
            .await
            .map_err(|error| CliError::port_taken(0, "--port", &error)),
        Launch::Attached { port } => {
            return Ok(Front {
                port: *port,
                listener: None,
            });
        }
        // There the port is the app's own, and ours is another one.
        Launch::Shell { port, .. } => {
            let wish = config.port.unwrap_or(APP_PORT);
            let taken = port.is_some_and(|port| port == wish);
            listen_near(if taken { wish.saturating_add(1) } else { wish }, context).await
        }
        Launch::Cargo { .. } => match options.port {
            Some(port) => bind(port)
                .await
                .map_err(|error| CliError::port_taken(port, "--port", &error)),
            None => listen_near(config.port.unwrap_or(APP_PORT), context).await,
        },
    }?;
    let port = listener
        .local_addr()
        .map_err(|error| CliError::port_taken(0, "--port", &error))?
        .port();
    Ok(Front {
        port,
        listener: Some(listener),
    })
}

/// Listens on the port, or on one after it, or on any.
async fn listen_near(wish: u16, context: &Context) -> Result<TcpListener, CliError> {
    for port in wish..=wish.saturating_add(20) {
        if let Ok(listener) = bind(port).await {
            if port != wish {
                let text = format!("port {wish} is taken, using {port}");
                context.ui.warning(&text);
            }
            return Ok(listener);
        }
    }
    bind(0)
        .await
        .map_err(|error| CliError::port_taken(wish, "--port", &error))
}

async fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}
