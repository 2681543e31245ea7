//! Real servers, each on a port of its own with data of its own, gone with the test.

use std::{
    ffi::OsString,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use process::{DISK, Recipe, as_user, find, is_root, own, run};

mod process;

pub(crate) use process::Running;

/// Starts a server, unless it is not installed.
pub(crate) type Start = fn() -> Option<Running>;

/// The servers that a URL names, how to start them, and the URL with `PORT` for the port.
pub(crate) const BY_URL: [(&str, Start, &str); 3] = [
    (
        "postgres",
        postgres,
        "postgres://postgres:hunter2@127.0.0.1:PORT/postgres",
    ),
    ("mariadb", mariadb, "mysql://root@127.0.0.1:PORT/mysql"),
    ("redis", redis, "redis://127.0.0.1:PORT"),
];

/// What a server shows for itself: a certificate and its key, as PEM texts.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Identity {
    /// As files, the key its owner's alone.
    fn write_to(&self, folder: &Path, user: Option<&str>) -> [String; 2] {
        [
            ("certificate.pem", &self.certificate),
            ("key.pem", &self.key),
        ]
        .map(|(name, text)| {
            let file = folder.join(name);
            fs::write(&file, text).unwrap();
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&file, private).unwrap();
            if let Some(user) = user {
                own(&file, user);
            }
            file.display().to_string()
        })
    }
}

/// What a server has that others have not.
#[derive(Default)]
pub(crate) struct Extras<'a> {
    /// Takes encrypted connections only.
    pub(crate) identity: Option<&'a Identity>,
    /// Has a disk of 4 MiB; see [`Running::disk`].
    pub(crate) small_disk: bool,
}

impl Extras<'_> {
    fn disk(&self, folder: &Path) -> Option<PathBuf> {
        let disk = folder.join(DISK);
        self.small_disk.then(|| {
            fs::create_dir(&disk).unwrap();
            disk
        })
    }
}

/// Whether a server can have a disk of its own; says so when not.
pub(crate) fn can_mount() -> bool {
    let can = is_root() && find("unshare").is_some();
    if !can {
        println!("left out: a full disk, for which one has to be root");
    }
    can
}

/// PostgreSQL with a superuser `postgres` and the password `hunter2`.
pub(crate) fn postgres() -> Option<Running> {
    postgres_with(&Extras::default())
}

/// The same with extras.
pub(crate) fn postgres_with(extras: &Extras<'_>) -> Option<Running> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| {
            entries
                .map(|entry| entry.unwrap().path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    folders.sort();
    let Some(bin) = folders.pop().filter(|bin| bin.join("initdb").exists()) else {
        return missing("PostgreSQL", "postgresql");
    };
    let (folder, port) = (folder(), free_port());
    let disk = extras.disk(folder.path());
    let user = is_root().then_some("postgres");
    let (data, password) = (folder.path().join("data"), folder.path().join("password"));
    fs::create_dir(&data).unwrap();
    fs::write(&password, "hunter2").unwrap();
    if let Some(user) = user {
        own(&data, user);
    }
    run(as_user(user, &bin.join("initdb"))
        .arg("-D")
        .arg(&data)
        .args([
            "-A",
            "scram-sha-256",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-sync",
        ])
        .arg(format!("--pwfile={}", password.display())));
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
    ];
    if let Some(identity) = extras.identity {
        let rule = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), rule).unwrap();
        let [certificate, key] = identity.write_to(folder.path(), user);
        settings.extend([
            "ssl=on".to_owned(),
            format!("ssl_cert_file={certificate}"),
            format!("ssl_key_file={key}"),
        ]);
    }
    let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
    arguments.extend(["-p".to_owned(), port.to_string()]);
    for setting in settings {
        arguments.extend(["-c".to_owned(), setting]);
    }
    let recipe = Recipe {
        program: bin.join("postgres"),
        arguments,
        variables: Vec::new(),
        user,
        ready: "ready to accept connections",
        disk,
    };
    Some(Running::start(recipe, port, folder))
}

/// MariaDB with a user `root` without a password.
pub(crate) fn mariadb() -> Option<Running> {
    mariadb_with(&Extras::default())
}

/// The same with extras.
pub(crate) fn mariadb_with(extras: &Extras<'_>) -> Option<Running> {
    let (Some(server), Some(install)) = (find("mariadbd"), find("mariadb-install-db")) else {
        return missing("MariaDB", "mariadb-server");
    };
    let (folder, port) = (folder(), free_port());
    let disk = extras.disk(folder.path());
    let data = folder.path().join("data");
    let user = if is_root() {
        "--user=root"
    } else {
        "--skip-test-db"
    };
    run(as_user(None, &install)
        .args(["--no-defaults", "--skip-test-db", user])
        .arg(format!("--datadir={}", data.display()))
        .arg("--auth-root-authentication-method=normal"));
    let mut arguments = vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", data.display()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--socket={}", folder.path().join("socket").display()),
        "--innodb-log-file-size=8M".to_owned(),
    ];
    arguments.extend(is_root().then(|| "--user=root".to_owned()));
    if let Some(identity) = extras.identity {
        let [certificate, key] = identity.write_to(folder.path(), None);
        arguments.extend([
            format!("--ssl-cert={certificate}"),
            format!("--ssl-key={key}"),
            "--require-secure-transport=ON".to_owned(),
        ]);
    }
    let recipe = Recipe {
        program: server,
        arguments,
        variables: Vec::new(),
        user: None,
        ready: "ready for connections",
        disk,
    };
    Some(Running::start(recipe, port, folder))
}

/// Redis that writes each command to its disk before it answers.
pub(crate) fn redis() -> Option<Running> {
    redis_with(&Extras::default())
}

/// The same with extras; its data are on the small disk.
pub(crate) fn redis_with(extras: &Extras<'_>) -> Option<Running> {
    let Some(program) = find("redis-server").or_else(|| find("valkey-server")) else {
        return missing("Redis", "redis-server");
    };
    let (folder, port) = (folder(), free_port());
    let disk = extras.disk(folder.path());
    let dir = disk.as_deref().unwrap_or(folder.path());
    let dir = dir.display().to_string();
    let mut arguments = [
        "--bind",
        "127.0.0.1",
        "--dir",
        &dir,
        "--save",
        "",
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut set = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
    match extras.identity {
        None => set("--port", &port.to_string()),
        Some(identity) => {
            let [certificate, key] = identity.write_to(folder.path(), None);
            set("--port", "0");
            set("--tls-port", &port.to_string());
            set("--tls-cert-file", &certificate);
            set("--tls-key-file", &key);
            // Needed, though no client shows a certificate.
            set("--tls-ca-cert-file", &certificate);
            set("--tls-auth-clients", "no");
        }
    }
    let recipe = Recipe {
        program,
        arguments,
        variables: Vec::new(),
        user: None,
        ready: "Ready to accept connections",
        disk,
    };
    Some(Running::start(recipe, port, folder))
}

/// DynamoDB's stand-in dynalite, with its data on disk.
pub(crate) fn dynalite() -> Option<Running> {
    let Some((node, modules)) = find("node").zip(modules_with("dynalite")) else {
        return missing(
            "dynalite",
            "nodejs, and dynalite of npm in CONNECT_NODE_MODULES",
        );
    };
    let (folder, port) = (folder(), free_port());
    let module = modules.join("dynalite");
    let script = format!(
        "require({module:?})({{path: {:?}, createTableMs: 0, deleteTableMs: 0}})\
         .listen({port}, '127.0.0.1', () => console.log('ready'))",
        folder.path().join("data"),
    );
    let recipe = Recipe {
        program: node,
        arguments: vec!["-e".to_owned(), script],
        variables: Vec::new(),
        user: None,
        ready: "ready",
        disk: None,
    };
    Some(Running::start(recipe, port, folder))
}

/// Any program that serves on that port.
pub(crate) fn program(
    program: &Path,
    arguments: &[String],
    ready: &'static str,
    port: u16,
) -> Running {
    let recipe = Recipe {
        program: program.to_owned(),
        arguments: arguments.to_vec(),
        variables: Vec::new(),
        user: None,
        ready,
        disk: None,
    };
    Running::start(recipe, port, folder())
}

/// A program of Node that says `ready`. Its arguments: a folder, the folder of npm's packages, and
/// the others.
pub(crate) fn node(
    package: &str,
    script: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Option<Running> {
    let Some((program, modules)) = find("node").zip(modules_with(package)) else {
        return missing(
            package,
            "nodejs, and npm's of that name in CONNECT_NODE_MODULES",
        );
    };
    let mut words = vec![script.to_owned(), arguments[0].to_owned()];
    words.push(modules.display().to_string());
    words.extend(arguments[1..].iter().map(|&word| word.to_owned()));
    let recipe = Recipe {
        program,
        arguments: words,
        variables: variables
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        user: None,
        ready: "ready",
        disk: None,
    };
    Some(Running::start(recipe, 0, folder()))
}

/// The folder of npm's packages, if that one is among them.
fn modules_with(package: &str) -> Option<PathBuf> {
    let modules = PathBuf::from(var("CONNECT_NODE_MODULES")?);
    modules.join(package).exists().then_some(modules)
}

/// Leaves a test out because a server is missing, and says so; with `CONNECT_REQUIRE_TOOLS`, as
/// `scripts/test` sets it, that is a failure.
pub(crate) fn missing<T>(server: &str, package: &str) -> Option<T> {
    let why = format!("{server} is not installed (package: {package})");
    assert!(var("CONNECT_REQUIRE_TOOLS").is_none(), "{why}");
    println!("left out: {why}");
    None
}

#[expect(clippy::disallowed_methods, reason = "settings of the tests")]
fn var(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A folder that another user may enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    folder
}

/// Nobody has the port now; that it stays so is likely enough.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
