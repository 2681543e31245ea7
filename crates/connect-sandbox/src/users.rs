//! The people of the sandbox.

use connect_core::AccountId;
use serde_json::{Value, json};

use crate::state::Site;

/// Somebody with an account: a person or an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) account_id: String,
    pub(crate) display_name: String,
    pub(crate) account_type: &'static str,
    pub(crate) email: Option<&'static str>,
    pub(crate) is_admin: bool,
    pub(crate) time_zone: &'static str,
    pub(crate) locale: &'static str,
}

struct Person {
    account_id: &'static str,
    display_name: &'static str,
    email: &'static str,
    is_admin: bool,
    time_zone: &'static str,
    locale: &'static str,
}

impl User {
    /// The user with that account id, app accounts aside.
    pub(crate) fn person(account_id: &str) -> Option<Self> {
        PEOPLE
            .iter()
            .find(|person| person.account_id == account_id)
            .map(Self::from)
    }

    /// Everybody, the one who is logged in by default first.
    pub(crate) fn people() -> impl Iterator<Item = Self> {
        PEOPLE.iter().map(Self::from)
    }

    /// Who is logged in when nobody was chosen: an administrator.
    pub(crate) fn default_person() -> Self {
        Self::from(&PEOPLE[0])
    }

    /// The account of an app.
    pub(crate) fn of_app(account_id: &AccountId, name: &str) -> Self {
        Self {
            account_id: account_id.as_str().to_owned(),
            display_name: name.to_owned(),
            account_type: "app",
            email: None,
            is_admin: false,
            time_zone: "Etc/UTC",
            locale: "en_US",
        }
    }

    /// The account of an app of Forge.
    pub(crate) fn of_forge_app(app: &str) -> Self {
        Self {
            account_id: format!("557058:{}", app.rsplit('/').next().unwrap_or_default()),
            display_name: "Forge app".to_owned(),
            account_type: "app",
            email: None,
            is_admin: false,
            time_zone: "Etc/UTC",
            locale: "en_US",
        }
    }

    /// Any account that exists on a site.
    pub(crate) fn find(site: &Site, account_id: &str) -> Option<Self> {
        Self::person(account_id).or_else(|| {
            let apps = site.apps();
            let app = apps
                .iter()
                .find(|app| app.account_id.as_str() == account_id)?;
            Some(app.user())
        })
    }

    /// The user as Jira's REST API shows it (`User`, platform REST API version 3).
    pub(crate) fn jira(&self, site: &Site, origin: &str) -> Value {
        let mut user = json!({
            "self": format!("{}/rest/api/3/user?accountId={}", site.base_url, self.account_id),
            "accountId": self.account_id,
            "accountType": self.account_type,
            "avatarUrls": avatars(origin, &self.account_id),
            "displayName": self.display_name,
            "active": true,
            "timeZone": self.time_zone,
            "locale": self.locale,
        });
        if let Some(email) = self.email {
            user["emailAddress"] = email.into();
        }
        user
    }

    /// The user as Confluence's REST API shows it (`User`, REST API version 1).
    pub(crate) fn confluence(&self, site: &Site, origin: &str) -> Value {
        json!({
            "type": "known",
            "accountId": self.account_id,
            "accountType": self.account_type,
            "email": self.email.unwrap_or_default(),
            "publicName": self.display_name,
            "displayName": self.display_name,
            "timeZone": self.time_zone,
            "isExternalCollaborator": false,
            "profilePicture": {
                "path": avatar(origin, &self.account_id),
                "width": 48,
                "height": 48,
                "isDefault": true,
            },
            "_links": {
                "self": format!("{}/rest/api/user?accountId={}", site.base_url, self.account_id),
                "base": site.base_url.as_str(),
                "context": site.base_url.path(),
            },
        })
    }
}

impl From<&Person> for User {
    fn from(person: &Person) -> Self {
        Self {
            account_id: person.account_id.to_owned(),
            display_name: person.display_name.to_owned(),
            account_type: "atlassian",
            email: Some(person.email),
            is_admin: person.is_admin,
            time_zone: person.time_zone,
            locale: person.locale,
        }
    }
}

/// Address of a picture: of an account by its id, of anything else by its name.
pub(crate) fn avatar(origin: &str, name: &str) -> String {
    let name = crate::urls::percent_encode(name);
    format!("{origin}/_sandbox/avatar/{name}.svg")
}

/// The same in the sizes of Jira.
pub(crate) fn avatars(origin: &str, name: &str) -> Value {
    let avatar = avatar(origin, name);
    json!({ "48x48": avatar, "32x32": avatar, "24x24": avatar, "16x16": avatar })
}

/// First letters of the first and last word.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = words.next().into_iter();
    first
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

/// A hue of the colour wheel, always the same for one name.
pub(crate) fn hue(name: &str) -> u32 {
    let mix = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
    name.bytes().fold(7, mix) % 360
}

/// Account ids have the shape of real ones and say whose they are.
const PEOPLE: &[Person] = &[
    Person {
        account_id: "712020:ada",
        display_name: "Ada Lovelace",
        email: "ada@sandbox.example",
        is_admin: true,
        time_zone: "Europe/London",
        locale: "en_GB",
    },
    Person {
        account_id: "712020:grace",
        display_name: "Grace Hopper",
        email: "grace@sandbox.example",
        is_admin: false,
        time_zone: "America/New_York",
        locale: "en_US",
    },
    Person {
        account_id: "712020:emmy",
        display_name: "Emmy Noether",
        email: "emmy@sandbox.example",
        is_admin: false,
        time_zone: "Europe/Berlin",
        locale: "de_DE",
    },
    Person {
        account_id: "712020:jean",
        display_name: "Jean Bartik",
        email: "jean@sandbox.example",
        is_admin: false,
        time_zone: "America/Chicago",
        locale: "en_US",
    },
];
