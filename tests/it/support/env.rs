//! A place where nothing of the machine shows through: own folder, own HOME, cleared environment.

use std::fs;
use std::path::{Path, PathBuf};

use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::support::host::FakeHost;

/// The program under test.
pub(crate) const CONNECT: &str = env!("CARGO_BIN_EXE_connect");

/// A folder to work in and the environment that goes with it.
pub(crate) struct TestEnv {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl TestEnv {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("work")).unwrap();
        fs::create_dir(home.path().join("home")).unwrap();
        Self {
            home,
            variables: Vec::new(),
        }
    }

    /// With a variable for the program.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a project that has this descriptor.
    pub(crate) fn with_descriptor(self, text: &str) -> Self {
        self.write("atlassian-connect.json", text);
        self
    }

    /// With credentials.json naming these hosts.
    pub(crate) fn with_hosts(self, hosts: &[&FakeHost]) -> Self {
        let entries: Vec<_> = hosts
            .iter()
            .map(|host| {
                format!(
                    "\"{}\": {{ \"product\": \"jira\", \"username\": \"ada\", \"password\": \"{}\" }}",
                    host.site(),
                    FakeHost::PASSWORD
                )
            })
            .collect();
        let text = format!("{{ \"hosts\": {{ {} }} }}", entries.join(", "));
        self.write("credentials.json", &text);
        self
    }

    /// The folder the program works in.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("work")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        self.write(name, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::Permissions::from_mode(0o600);
            fs::set_permissions(self.path(name), mode).unwrap();
        }
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The variables the program sees, and no others.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("HOME".to_owned(), shown(&self.home.path().join("home"))),
            // git and sh are found there; nothing else of it is used.
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
        ];
        // Coverage tools pass their settings this way.
        if let Some(file) = option_env!("LLVM_PROFILE_FILE") {
            all.push(("LLVM_PROFILE_FILE".to_owned(), file.to_owned()));
        }
        // A later one replaces an earlier one of the same name.
        all.extend(self.variables.clone());
        all
    }

    /// The program with arguments, in the folder, without a terminal.
    pub(crate) fn connect(&self, arguments: &[&str]) -> Command {
        Command::new(CONNECT)
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .envs(self.variables())
            .stdin("")
            .timeout(crate::support::DEADLINE)
    }
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
