//! What a site says of itself when nothing is to be changed there.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use connect_core::AppKey;
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Method, StatusCode};
use tokio::time::Instant;

use crate::host::upm::answers::{accept, body};
use crate::host::upm::patience::call;
use crate::host::upm::{CALL, Upm};
use crate::host::{HostError, Installation};

/// What a site's settings say.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// How long the answer took.
    pub(crate) took: Duration,
    /// How many seconds our clock is ahead of the site's; none if the answer has no date.
    pub(crate) ahead: Option<i64>,
    /// Installs from a descriptor are switched on; none on a site without that setting.
    pub(crate) development_mode: Option<bool>,
}

/// A descriptor that nobody can serve: the name is reserved (RFC 2606 section 2).
const NOWHERE: &str = "https://connect-doctor.invalid/atlassian-connect.json";

impl Upm {
    /// Asks for the site's settings.
    ///
    /// # Errors
    /// When it does not answer, or does not let us see them.
    pub(crate) async fn look(&self) -> Result<Look, HostError> {
        let request = self.request(Method::GET, &self.url("settings")?)?;
        let began = Instant::now();
        let answer = call(request, CALL).await?;
        let look = Look {
            took: began.elapsed(),
            ahead: ahead(&answer.headers),
            development_mode: None,
        };
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(look);
        }
        accept("GET settings", &answer)?;
        let settings = body(&answer.body);
        let mut settings = settings["settings"].as_array().into_iter().flatten();
        let listings = settings.find(|setting| setting["key"] == "connectDeveloperListingsEnabled");
        Ok(Look {
            development_mode: listings.map(|setting| setting["value"] != false),
            ..look
        })
    }

    /// Whether our user may install apps: the site hands out the token for it.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn may_install(&self) -> Result<(), HostError> {
        self.token().await.map(drop)
    }

    /// Has the site try an install that cannot succeed, which shows whether it tries at all.
    ///
    /// # Errors
    /// When it refuses to install from a descriptor, or what keeps us from learning that.
    pub(crate) async fn try_install(&self) -> Result<(), HostError> {
        let app = Installation {
            key: AppKey::parse("connect-doctor").expect("letters and a dash are an app key"),
            descriptor_url: NOWHERE.to_owned(),
        };
        let token = self.token().await?;
        match self.send_install(&app, &token).await {
            Err(HostError::InstallFailed { sub_code, .. })
                if !sub_code
                    .as_deref()
                    .is_some_and(|code| code.ends_with(CLOSED)) =>
            {
                Ok(())
            }
            result => result.map(drop),
        }
    }
}

/// UPM's name for "not from a descriptor, and not from here".
const CLOSED: &str = "descriptor.not.from.marketplace";

/// How far our clock is ahead of the `Date` of an answer that has just come. That is cut to whole
/// seconds, so half of one is added on average.
fn ahead(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let ms = |time: SystemTime| -> Option<i64> {
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    let theirs = ms(httpdate::parse_http_date(date).ok()?)? + 500;
    Some((ms(SystemTime::now())? - theirs) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_clock_is_compared_with_the_date_of_an_answer() {
        let check = |ahead_of: i64| {
            let shift = Duration::from_secs(ahead_of.unsigned_abs());
            let date = match ahead_of {
                0.. => SystemTime::now() - shift,
                _ => SystemTime::now() + shift,
            };
            let mut headers = HeaderMap::new();
            let text = httpdate::fmt_http_date(date);
            headers.insert(DATE, text.parse().unwrap());
            let found = ahead(&headers).unwrap();
            assert!((found - ahead_of).abs() <= 1, "{ahead_of}: {found}");
        };
        for ahead_of in [0, 45, -45, 7200] {
            check(ahead_of);
        }
        assert_eq!(ahead(&HeaderMap::new()), None);
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "yesterday".parse().unwrap());
        assert_eq!(ahead(&headers), None);
    }
}
