//! What a page of the sandbox shows to be served: who looks at which app, and from where.
//!
//! Tickets are signed with a key of this process, so nothing needs to be remembered; they go from
//! the page to the sandbox in a header that no other origin can send without asking first.

use connect_core::{
    jws::{Compact, VerifyingKey, sign_hs256},
    time::Seconds,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{pages::Place, state::Shared};

/// The header in which a page sends its ticket.
pub(crate) const HEADER: &str = "x-sandbox-page";

/// An app on a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// Context path of the site.
    pub(crate) site: String,
    /// Key of the app; empty for the product itself.
    pub(crate) app: String,
    /// Account id; none for anonymous visitors.
    pub(crate) user: Option<String>,
    pub(crate) place: Place,
}

impl Ticket {
    /// Signs it, good from now on.
    pub(crate) fn sign(&self, shared: &Shared) -> String {
        let mut json =
            serde_json::to_value(self).expect("texts and JSON values can be written as JSON");
        json["exp"] = (shared.now() + LIFE).unix().into();
        sign_hs256(json.to_string().as_bytes(), &shared.page_key)
    }

    /// Reads a ticket of this sandbox that has not expired.
    pub(crate) fn read(shared: &Shared, text: &str) -> Option<Self> {
        let token = Compact::parse(text).ok()?;
        let payload = token.verify(VerifyingKey::Hmac(&shared.page_key)).ok()?;
        let json: Value = serde_json::from_slice(payload).ok()?;
        if json["exp"].as_i64()? <= shared.now().unix() {
            return None;
        }
        serde_json::from_value(json).ok()
    }
}

/// A working day in front of one page.
const LIFE: Seconds = Seconds(12 * 60 * 60);
