//! A project that cargo builds, without cargo.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::app;
use crate::support::env::TestEnv;

/// A project that a pretended cargo builds: the program is a script that becomes our app, and
/// `src/main.rs` says how the build goes.
pub(crate) fn project() -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let folder = env.folder().canonicalize().unwrap();
    let folder = folder.display();
    env.write("Cargo.toml", "[package]\nname = \"work\"\n");
    env.write("src/main.rs", "good 1");
    let cargo = format!(
        r#"#!/bin/sh
case "$(cat src/main.rs)" in
  bad*)
    printf '%s\n' '{{"reason":"compiler-message","message":{{"level":"error","rendered":"error: this is bad\n"}}}}'
    exit 101;;
esac
mkdir -p target
cp src/main.rs target/version
printf '#!/bin/sh\n%s\n' '{}' > target/program
chmod +x target/program
printf '%s\n' '{{"reason":"compiler-artifact","package_id":"path+file://{folder}#0.1.0","manifest_path":"{folder}/Cargo.toml","target":{{"name":"work"}},"executable":"{folder}/target/program","fresh":false}}'
"#,
        app::command()
    );
    env.write("cargo", &cargo);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("cargo"), executable).unwrap();
    let cargo = env.path("cargo");
    env.with("CARGO", cargo.to_str().unwrap())
}
