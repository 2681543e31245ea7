//! What a page of the sandbox shows to be served: who looks at which module of which app.
//!
//! Tickets are signed with a key of this process, so nothing needs to be remembered; they go from
//! the page to the sandbox in a header that no other origin can send without asking first.

use connect_core::{
    Timestamp,
    jws::{Compact, VerifyingKey, sign_hs256},
    time::Seconds,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::Shared;

/// The header in which a page sends its ticket.
pub(crate) const HEADER: &str = "x-sandbox-page";

/// A module on a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// Context path of the site.
    pub(crate) site: String,
    pub(crate) app: String,
    pub(crate) module: String,
    /// Account id; none for anonymous visitors.
    pub(crate) user: Option<String>,
    /// What the context claim of tokens says.
    pub(crate) context: Value,
    exp: i64,
}

impl Ticket {
    pub(crate) fn new(
        site: &str,
        app: &str,
        module: &str,
        user: Option<String>,
        context: Value,
        now: Timestamp,
    ) -> Self {
        Self {
            site: site.to_owned(),
            app: app.to_owned(),
            module: module.to_owned(),
            user,
            context,
            exp: (now + LIFE).unix(),
        }
    }

    pub(crate) fn sign(&self, shared: &Shared) -> String {
        let json = serde_json::to_vec(self).expect("texts and JSON values can be written as JSON");
        sign_hs256(&json, &shared.page_key)
    }

    /// Reads a ticket of this sandbox that has not expired.
    pub(crate) fn read(shared: &Shared, text: &str) -> Option<Self> {
        let token = Compact::parse(text).ok()?;
        let payload = token.verify(VerifyingKey::Hmac(&shared.page_key)).ok()?;
        let ticket: Self = serde_json::from_slice(payload).ok()?;
        (ticket.exp > shared.now().unix()).then_some(ticket)
    }
}

/// A working day in front of one page.
const LIFE: Seconds = Seconds(12 * 60 * 60);
