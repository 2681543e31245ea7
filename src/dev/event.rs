//! What can happen in a session, and what it can order.
//!
//! | event | from | may lead to |
//! | --- | --- | --- |
//! | `Started` | the loop, once | `ReadDescriptor`, `BuildApp` or `StartApp` |
//! | `DescriptorChanged` | `sources/file.rs` | `ReadDescriptor` |
//! | `DescriptorChecked` | `ReadDescriptor` | `Register`, `Deregister` of an old key |
//! | `SettingsChanged` | `sources/file.rs` | `ReadSettings` |
//! | `SettingsRead` | `ReadSettings` | `StartApp`; `Register` on new hosts, `Deregister` from gone ones |
//! | `SourceChanged` | `sources/app.rs` | `BuildApp` |
//! | `AppBuilt` | `BuildApp` | `StartApp` |
//! | `AppStarted` | `StartApp` | `Register` |
//! | `AppExited` | `sources/app.rs` | the end, if nothing can start it again |
//! | `RegisterFinished` | `Register` | `Say(Ready)`, `Announce`; `Register` again, or `RetryLater`; `Deregister` while stopping |
//! | `RetryDue` | `RetryLater` | `Register` |
//! | `Broke` | the loop: a task panicked | as the first `Interrupt` |
//! | `Announced` | `Announce` | with `--until ready` the end |
//! | `DeregisterFinished` | `Deregister` | `Register` of a new key; `StopApp` while stopping |
//! | `HelpWanted` | `sources/keys.rs` | `Say(Keys)` |
//! | `RebuildWanted` | `sources/keys.rs` | `BuildApp`, `StartApp` |
//! | `ReinstallWanted` | `sources/keys.rs` | `Register` |
//! | `Interrupt` | `sources/signals.rs`, `sources/keys.rs` | `StartDeadline`, `Deregister`; the second one: `End` |
//! | `Wished` | `sources/keys.rs` | `Grant` |
//! | `Tunnel` | `sources/tunnel.rs` | `StartApp`, `Register`; the end, if there will be none |
//! | `DeadlinePassed` | `StartDeadline` | `End` |
//! | `AppStopped` | `StopApp` | `End` |

use std::time::Duration;

use connect_core::{AppKey, BaseUrl};

use crate::error::CliError;
use crate::tunnel::News;

/// Index of a host in the session's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HostId(pub(crate) usize);

/// Index of a descriptor in the session's list: an app for both products has two, each for the
/// hosts of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HalfId(pub(crate) usize);

/// Counts the processes of the app, so that news of an old one are not taken for the new one's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation(pub(crate) u64);

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// Those who wait for the app to be ready were told, and did what they had to do.
    Announced(Result<(), CliError>),
    /// A build ended.
    AppBuilt(Result<Built, CliError>),
    /// A process of the app exited without having been told to.
    AppExited {
        /// Which.
        generation: Generation,
        /// How, as people read it: `exit status: 1`.
        status: String,
    },
    /// A start ended: the new process serves, or it does not and the old one still does.
    AppStarted {
        /// Which.
        generation: Generation,
        /// Whether it serves the descriptor.
        result: Result<(), CliError>,
    },
    /// The app was stopped because the session ends.
    AppStopped,
    /// A part of the session panicked.
    Broke(CliError),
    /// The time for leaving is over.
    DeadlinePassed,
    /// A deregister ended.
    DeregisterFinished {
        /// Where.
        host: HostId,
        /// Which app.
        key: AppKey,
        /// Whether it is gone now, and after how long.
        result: Result<Duration, CliError>,
    },
    /// A descriptor may have changed: look again. Carries no content, so losing one of several
    /// is harmless.
    DescriptorChanged(HalfId),
    /// A descriptor was read and checked.
    DescriptorChecked(HalfId, Result<Descriptor, CliError>),
    /// A wish was granted, or could not be.
    Granted(Wish, Result<(), CliError>),
    /// The user wants to know the keys.
    HelpWanted,
    /// The user wants to leave.
    Interrupt,
    /// The user wants the app built and started again.
    RebuildWanted,
    /// A register ended.
    RegisterFinished {
        /// Where.
        host: HostId,
        /// What was to be registered.
        wanted: Wanted,
        /// How it ended.
        result: RegisterResult,
        /// Keys of other apps that the host may have from it and that could not be removed: the
        /// descriptor had another key by the time the host read it.
        strays: Vec<AppKey>,
    },
    /// The user wants the app installed again everywhere.
    ReinstallWanted,
    /// It is time to try a register again; none if something else happened to that host since.
    RetryDue(HostId, u32),
    /// config.json or credentials.json may have changed.
    SettingsChanged,
    /// They were read.
    SettingsRead(Result<SettingsChange, CliError>),
    /// The app's sources may have changed.
    SourceChanged,
    /// The session begins.
    Started,
    /// Something became of the tunnel.
    Tunnel(News),
    /// The user wants something that is beside what the session does.
    Wished(Wish),
}

/// What a user can want beside what the session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// To see the requests in a browser.
    Inspector,
    /// To have the other licence.
    License,
    /// To see the app in a browser.
    Page,
    /// To send the app what a host would send, by its place in the list.
    Shot(usize),
    /// To see that list.
    Shots,
}

/// What is different in the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingsChange {
    /// What each new host gets; they come after those there are.
    pub(crate) added: Vec<HalfId>,
    /// Hosts that are not named any more.
    pub(crate) gone: Vec<HostId>,
    /// Hosts with another log-in or product, or named again, and what they get.
    pub(crate) renewed: Vec<(HostId, HalfId)>,
    /// The app has to be started again to see its own.
    pub(crate) restart: bool,
}

/// How a register ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RegisterResult {
    /// The app is installed; after this long.
    Done(Duration),
    /// The host may or may not have it.
    Failed(CliError),
    /// It was not sent, because the descriptor had changed by then.
    Overtaken,
    /// It was not sent.
    Unsent(CliError),
}

/// The result of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Built {
    /// The same program as before.
    Same,
    /// A new program, after this long.
    New(Duration),
}

/// What a session needs to know of a descriptor without errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Its key.
    pub(crate) key: AppKey,
    /// Hash of its meaning: comments and layout do not count.
    pub(crate) hash: u64,
    /// Key of its first page, if it has one.
    pub(crate) page: Option<String>,
    /// How many modules it has.
    pub(crate) modules: usize,
    /// How many warnings there were.
    pub(crate) warnings: usize,
}

/// An app on a host, where people can look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Where; none if the app is installed nowhere.
    pub(crate) host: Option<HostId>,
    /// What.
    pub(crate) descriptor: Descriptor,
}

/// What a host is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Which descriptor.
    pub(crate) half: HalfId,
    /// Key of the app.
    pub(crate) key: AppKey,
    /// Hash of the descriptor.
    pub(crate) hash: u64,
    /// Where the host reaches the app.
    pub(crate) address: BaseUrl,
}

/// Something to do. Those of the first block answer with exactly one event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Tell those who wait for it that the app can be opened: `Announced`.
    Announce {
        /// Where it is.
        hosts: Vec<HostId>,
        /// What to look at, a place for each descriptor; at least one.
        shown: Vec<Shown>,
    },
    /// Build the app: `AppBuilt`.
    BuildApp,
    /// Remove an app from a host: `DeregisterFinished`.
    Deregister(HostId, AppKey),
    /// Do what the user wishes, for the app on a host: `Granted`.
    Grant(Wish, Vec<Shown>),
    /// Read and check a descriptor: `DescriptorChecked`.
    ReadDescriptor(HalfId),
    /// Read config.json and credentials.json: `SettingsRead`.
    ReadSettings,
    /// Install the app on a host: `RegisterFinished`.
    Register(HostId, Wanted),
    /// Wait before a register is tried again: `RetryDue` with the same number.
    RetryLater {
        /// Where.
        host: HostId,
        /// Which try it is.
        number: u32,
        /// How long.
        after: Duration,
    },
    /// Wait for this long: `DeadlinePassed`.
    StartDeadline(Duration),
    /// Start the app and put it in the place of the running one: `AppStarted`.
    StartApp {
        /// Its number.
        generation: Generation,
        /// The key its descriptor must have; none if the descriptor is unusable just now.
        key: Option<AppKey>,
        /// Where hosts will reach it.
        address: BaseUrl,
    },
    /// Stop the app: `AppStopped`.
    StopApp,

    /// End the session; the last effect of all.
    End(Ending),
    /// Tell the user.
    Say(Notice),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    /// Nothing is left anywhere.
    Clean,
    /// Because of this, but nothing is left anywhere.
    Failed(CliError),
    /// These apps could not be removed in time.
    LeftBehind(Vec<(HostId, AppKey)>),
    /// A second interrupt; these apps may still be installed.
    LeftAtOnce(Vec<(HostId, AppKey)>),
}

/// What to tell the user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// The app answers.
    AppStarted,
    /// A build succeeded.
    Built(Duration),
    /// A build begins.
    Building,
    /// An app was removed from a host.
    Deregistered(HostId, AppKey, Duration),
    /// An app is being removed from a host, because the session ends.
    Deregistering(HostId),
    /// A descriptor has no errors.
    DescriptorGood(HalfId, Descriptor),
    /// What keys there are.
    Keys,
    /// An app stays on a host, because that was wanted.
    Kept(HostId, AppKey),
    /// The descriptor is broken, and the last one without errors is still in force.
    LastGoodStays,
    /// Something failed; the session goes on.
    Problem(CliError),
    /// The app can be opened: a place for each descriptor; at least one.
    Ready(Vec<Shown>),
    /// The app was installed.
    Registered {
        /// Where.
        host: HostId,
        /// What.
        wanted: Wanted,
        /// Why.
        reason: Reason,
        /// After how long.
        took: Duration,
    },
    /// The settings changed.
    SettingsGood(SettingsChange),
    /// A failed register is tried again by itself.
    TryingAgain(HostId, Duration),
    /// Something became of the tunnel.
    Tunnel(News),
}

/// Why an app was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Its address changed.
    AddressChanged,
    /// Its descriptor changed.
    DescriptorChanged,
    /// It was the first time.
    Start,
}
