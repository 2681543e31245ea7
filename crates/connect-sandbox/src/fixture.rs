//! A session as a file: what the host did to an app, to be done again in a test.

use std::{fmt, sync::Arc};

use connect_core::Product;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    error::SandboxError,
    event::SandboxEvent,
    lifecycle,
    server::OnSite,
    sign::{self, PAGE_LIFE, Subject},
    state::{App, Shared, Site},
    webhooks,
};

/// What a host did to one app, in order. Holds no secret and no token: everything is signed anew
/// when it is done again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    version: u8,
    /// Key of the app.
    app: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
enum Step {
    /// The app is installed, or installed again.
    Install {
        product: String,
    },
    /// A page of the app is looked at.
    Page {
        product: String,
        module: String,
        user: Option<String>,
    },
    Uninstall {
        product: String,
    },
    /// A webhook is sent; below the app's base URL.
    Webhook {
        product: String,
        event: String,
        path: String,
        body: Value,
        user: Option<String>,
        /// What the app answered.
        status: Option<u16>,
    },
}

/// Text that is no fixture.
#[derive(Clone, Debug, thiserror::Error)]
#[error("this is no fixture of version 1: {problem}")]
pub struct NoFixture {
    problem: String,
}

/// What an app did otherwise than when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step, counted from 1.
    pub step: usize,
    /// What happened, for people.
    pub message: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}", self.step, self.message)
    }
}

impl Fixture {
    /// Reads what `connect sandbox record` wrote.
    ///
    /// # Errors
    /// [`NoFixture`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, NoFixture> {
        let fixture: Self = serde_json::from_str(text).map_err(|error| NoFixture {
            problem: error.to_string(),
        })?;
        match fixture.version {
            VERSION => Ok(fixture),
            other => Err(NoFixture {
                problem: format!("it is of version {other}"),
            }),
        }
    }

    /// The file.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", json!(self))
    }

    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What happened to an app, as far back as the sandbox remembers: the last thousand events
    /// and hundred webhooks. Later tries of a webhook are one step with the last; lifecycle calls
    /// that were sent by hand are none.
    pub(crate) fn record(shared: &Shared, app: &str) -> Self {
        let deliveries = shared.deliveries.all();
        let product = |site: &str| {
            let known = shared
                .sites
                .iter()
                .find(|known| known.base_url.as_str() == site);
            known.map(|site| site.product.as_str().to_owned())
        };
        let step = |event: SandboxEvent| match event {
            SandboxEvent::Installed { site, app: of, .. } if of == app => Some(Step::Install {
                product: product(&site)?,
            }),
            SandboxEvent::PageShown {
                site,
                app: of,
                module,
                user,
            } if of == app => Some(Step::Page {
                product: product(&site)?,
                module,
                user,
            }),
            SandboxEvent::Uninstalled { site, app: of } if of == app => Some(Step::Uninstall {
                product: product(&site)?,
            }),
            SandboxEvent::WebhookSent {
                site,
                app: of,
                identifier,
                retry,
                ..
            } if of == app => {
                let sent = deliveries
                    .iter()
                    .find(|sent| sent.identifier == identifier)?;
                (sent.tries == retry + 1).then_some(())?;
                let url = url::Url::parse(&sent.url).ok()?;
                let query = url
                    .query()
                    .map_or_else(String::new, |query| format!("?{query}"));
                Some(Step::Webhook {
                    product: product(&site)?,
                    event: sent.event.clone(),
                    path: format!("{}{query}", url.path()),
                    body: sent.body.clone(),
                    user: sent.user.clone(),
                    status: sent.status,
                })
            }
            _ => None,
        };
        let events = shared.journal.events().into_iter();
        Self {
            version: VERSION,
            app: app.to_owned(),
            steps: events.filter_map(|recorded| step(recorded.event)).collect(),
        }
    }

    /// Does it all again to the app of a descriptor.
    pub(crate) async fn replay(
        &self,
        shared: &Arc<Shared>,
        descriptor_url: &str,
    ) -> Result<Vec<Difference>, SandboxError> {
        let mut differences = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let site = shared.site(step.product()).unwrap_or(&shared.sites[0]);
            let mut differ = |message: String| {
                differences.push(Difference {
                    step: at + 1,
                    message,
                });
            };
            if let Step::Install { .. } = step {
                lifecycle::install(shared, site, descriptor_url).await?;
                continue;
            }
            let Some(app) = site.app_named(&self.app) else {
                differ(format!("{} is not installed", self.app));
                continue;
            };
            match step {
                Step::Install { .. } => {}
                Step::Page { module, user, .. } => {
                    let user = user.as_deref();
                    match look(shared, site, &app, module, user).await {
                        Some(status) if status.as_u16() < 400 => {}
                        Some(status) => differ(format!("page {module}: {}", status.as_u16())),
                        None => differ(format!("page {module}: there is none, or no answer")),
                    }
                }
                Step::Uninstall { .. } => {
                    lifecycle::uninstall(shared, site, &app.descriptor.key).await;
                }
                Step::Webhook {
                    event,
                    path,
                    body,
                    user,
                    status,
                    ..
                } => {
                    let on = OnSite {
                        shared: shared.clone(),
                        site: site.clone(),
                    };
                    let url = app.descriptor.base_url.origin().to_owned() + path;
                    let again =
                        webhooks::send_again(&on, &app, event, &url, body, user.as_deref()).await;
                    if again != *status {
                        let word = |status: Option<u16>| {
                            status.map_or("no answer".to_owned(), |status| status.to_string())
                        };
                        differ(format!(
                            "webhook {event}: {}, and {} when it was recorded",
                            word(again),
                            word(*status)
                        ));
                    }
                }
            }
        }
        Ok(differences)
    }
}

impl Step {
    fn product(&self) -> Product {
        let (Self::Install { product }
        | Self::Page { product, .. }
        | Self::Uninstall { product }
        | Self::Webhook { product, .. }) = self;
        Product::parse(product).unwrap_or(Product::Jira)
    }
}

/// Asks for a page as its iframe does.
async fn look(
    shared: &Shared,
    site: &Site,
    app: &App,
    module: &str,
    user: Option<&str>,
) -> Option<StatusCode> {
    let module = app.descriptor.module(module)?;
    let mut url = app
        .descriptor
        .url(&crate::audit::fill_in(module.url.as_deref()?))?;
    let subject = Subject {
        user,
        context: json!({}),
    };
    if !module.cacheable {
        let token = sign::request_token(shared, site, app, "GET", &url, PAGE_LIFE, &subject)?;
        url.query_pairs_mut().append_pair("jwt", &token);
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    let sent = shared
        .client
        .send(Method::GET, &url, headers, Vec::new(), MOST_PAGE);
    sent.await.ok().map(|answer| answer.status)
}

const VERSION: u8 = 1;

/// Largest page that is read, in bytes.
const MOST_PAGE: usize = 16 * 1024 * 1024;
