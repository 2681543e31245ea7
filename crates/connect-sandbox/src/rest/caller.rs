//! Who calls, and who is let in at which door.

use std::{collections::BTreeSet, sync::Arc};

use crate::{descriptor::Scope, state::App, users::User};

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Whoever has a bearer token of Forge.
    Bearer,
    /// Everybody whom the product itself lets in.
    Site,
}

/// Who calls.
#[derive(Debug)]
pub(crate) enum Caller {
    /// The sandbox's administrator, with user name and password.
    Administrator(User),
    /// Nobody who is known.
    Anonymous,
    /// An app, as a user of the site, with some of its scopes or all.
    AsUser {
        app: Arc<App>,
        user: User,
        scopes: Option<BTreeSet<Scope>>,
    },
    /// An app of Forge, as itself or as a user.
    Forge { app: String, user: Option<User> },
    /// An app, as itself.
    App(Arc<App>),
    /// Somebody at a page of the product itself.
    Person(User),
    /// The page of an app, through the bridge, as the user who looks at it.
    Bridge { app: Arc<App>, user: Option<User> },
}

impl Caller {
    pub(super) fn app(&self) -> Option<&Arc<App>> {
        match self {
            Self::Administrator(_) | Self::Anonymous | Self::Forge { .. } | Self::Person(_) => None,
            Self::App(app) | Self::AsUser { app, .. } | Self::Bridge { app, .. } => Some(app),
        }
    }

    /// Key of the app of Connect, or id of that of Forge.
    pub(super) fn app_name(&self) -> Option<String> {
        match self {
            Self::Forge { app, .. } => Some(app.clone()),
            _ => self.app().map(|app| app.descriptor.key.to_string()),
        }
    }

    /// The account as which the call is carried out.
    pub(crate) fn user(&self) -> Option<User> {
        match self {
            Self::Administrator(user) | Self::AsUser { user, .. } | Self::Person(user) => {
                Some(user.clone())
            }
            Self::Anonymous => None,
            Self::App(app) => Some(app.user()),
            Self::Bridge { user, .. } => user.clone(),
            Self::Forge { app, user } => {
                Some(user.clone().unwrap_or_else(|| User::of_forge_app(app)))
            }
        }
    }

    pub(super) fn account_id(&self) -> Option<String> {
        match self {
            Self::App(_) | Self::Forge { user: None, .. } => None,
            _ => self.user().map(|user| user.account_id),
        }
    }
}
