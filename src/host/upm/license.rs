//! What a customer has paid for, as a site tells its apps, and how a developer sets it.
//!
//! An app that is installed from a descriptor has no licence of the Marketplace. A site takes an
//! access token instead, which the vendor makes for a private listing, and the state that is
//! to be simulated with it. The sandbox takes the state alone.

use connect_core::{AppKey, Secret};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::host::HostError;
use crate::host::upm::answers::{accept, body};
use crate::host::upm::patience::call;
use crate::host::upm::{CALL, Upm};

/// A state that a licence can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LicenseState {
    /// Paid for
    Active,
    /// Cancelled, and paid for until the end of its term
    Cancelled,
    /// No longer paid for
    Inactive,
    /// There is none
    None,
    /// Being tried
    Trial,
    /// Tried, and not bought
    TrialEnded,
}

/// A licence as a site shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct License {
    /// It can be used.
    pub(crate) active: bool,
    /// It is for trying.
    pub(crate) evaluation: bool,
    /// The app asks for licences (`enableLicensing`); none if the site does not say.
    pub(crate) wanted: Option<bool>,
}

/// What simulates a licence.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    /// The token itself.
    pub(crate) token: Secret,
    /// The state that it simulates, as the site names it.
    pub(crate) state: String,
}

const JSON: &str = "application/vnd.atl.plugins+json";

impl License {
    /// What to say of a licence that pages are not told of, and what to do about it; none if they
    /// are.
    pub(crate) fn unheard(&self) -> Option<(&'static str, &'static str)> {
        (self.wanted == Some(false)).then_some((
            "the app asks for no licence: a site tells its pages `lic=none` whatever is set",
            "write `\"enableLicensing\": true` into atlassian-connect.json",
        ))
    }
}

impl LicenseState {
    /// Its name at a site (UPM's access tokens).
    pub(crate) fn as_upm(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE_SUBSCRIPTION",
            Self::Cancelled => "ACTIVE_SUBSCRIPTION_CANCELLED",
            Self::Inactive => "INACTIVE_SUBSCRIPTION",
            Self::None => "NONE",
            Self::Trial => "ACTIVE_TRIAL",
            Self::TrialEnded => "INACTIVE_TRIAL",
        }
    }

    /// Whether pages of the app are told `lic=active`.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Active | Self::Cancelled | Self::Trial)
    }
}

impl Upm {
    /// The licence of an app; none if the app is not installed.
    ///
    /// # Errors
    /// When the site does not say.
    pub(crate) async fn license(&self, key: &AppKey) -> Result<Option<License>, HostError> {
        let plugin = self.url(&format!("{key}-key"))?;
        let answer = call(self.request(Method::GET, &plugin)?, CALL).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        accept("GET app", &answer)?;
        let wanted = body(&answer.body)["usesLicensing"].as_bool();
        let license = self.url(&format!("{key}-key/license"))?;
        let answer = call(self.request(Method::GET, &license)?, CALL).await?;
        let said = match answer.status {
            // An app without a licence may have no such page.
            StatusCode::NOT_FOUND => Value::Null,
            _ => {
                accept("GET license", &answer)?;
                body(&answer.body)
            }
        };
        let is = |name: &str| said[name] == true;
        Ok(Some(License {
            active: is("active") || is("valid"),
            evaluation: is("evaluation"),
            wanted,
        }))
    }

    /// The access token of an app, if it has one.
    ///
    /// # Errors
    /// When the site does not say.
    pub(crate) async fn access_token(
        &self,
        key: &AppKey,
    ) -> Result<Option<AccessToken>, HostError> {
        let url = self.url(&format!("license-tokens/{key}-key"))?;
        let answer = call(self.request(Method::GET, &url)?, CALL).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        accept("GET access token", &answer)?;
        let said = body(&answer.body);
        let text = |name: &str| said[name].as_str().filter(|text| !text.is_empty());
        Ok(text("token").map(|token| AccessToken {
            token: Secret::new(token),
            state: text("state").unwrap_or("NONE").to_owned(),
        }))
    }

    /// Has a licence simulated by an access token.
    ///
    /// # Errors
    /// When the site refuses the token or does not answer.
    pub(crate) async fn simulate_license(
        &self,
        key: &AppKey,
        token: &Secret,
        state: LicenseState,
    ) -> Result<(), HostError> {
        let order = json!({
            "pluginKey": key.as_str(), "token": token.expose(), "state": state.as_upm(),
            "valid": true,
        });
        let request = self
            .request(Method::POST, &self.url("license-tokens")?)?
            .header(CONTENT_TYPE, JSON)
            .body(order.to_string());
        // The same order twice is one: it may be sent again.
        accept("POST access token", &call(request, CALL).await?)
    }

    /// Switches the licence of an app, as the sandbox lets us.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) async fn switch_license(&self, key: &AppKey, on: bool) -> Result<(), HostError> {
        let request = self
            .request(Method::PUT, &self.url(&format!("{key}-key/license"))?)?
            .header(CONTENT_TYPE, JSON)
            .body(json!({ "active": on }).to_string());
        accept("PUT license", &call(request, CALL).await?)
    }
}
