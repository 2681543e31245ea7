//! The text of the manifest.

use crate::block::Block;

/// The parts of a manifest, as they are found.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) key: String,
    /// `app.connect.authentication` is `jwt`.
    pub(super) signed: bool,
    /// `app.licensing`.
    pub(super) licensing: Vec<(String, Block)>,
    /// `baseUrl` of the remote: a text, or one per region.
    pub(super) base_url: Block,
    /// The remote stores data, by region.
    pub(super) stores: bool,
    pub(super) scopes: Vec<String>,
    connect: Vec<Modules>,
    /// `modules.migration:dataResidency`.
    pub(super) residency: Option<Block>,
}

/// The Connect modules of a type.
#[derive(Debug)]
struct Modules {
    name: String,
    /// What Forge has in their place.
    native: Vec<String>,
    entries: Vec<Block>,
}

impl Manifest {
    pub(super) fn new() -> Self {
        Self {
            key: String::new(),
            signed: true,
            licensing: Vec::new(),
            base_url: Block::List(Vec::new()),
            stores: false,
            scopes: Vec::new(),
            connect: Vec::new(),
            residency: None,
        }
    }

    /// Puts an entry below the others of its type.
    pub(super) fn carry(&mut self, name: &str, native: &[&str], entry: Block) {
        let index = match self.connect.iter().position(|known| known.name == name) {
            Some(index) => index,
            None => {
                self.connect.push(Modules {
                    name: name.to_owned(),
                    native: Vec::new(),
                    entries: Vec::new(),
                });
                self.connect.len() - 1
            }
        };
        let modules = &mut self.connect[index];
        modules.entries.push(entry);
        for name in native {
            if !modules.native.iter().any(|known| known == name) {
                modules.native.push((*name).to_owned());
            }
        }
    }

    /// All of it, as YAML. `variables` are those that have no value.
    pub(super) fn text(&self, variables: &[String]) -> String {
        let mut out = String::from(HEAD);
        self.app(&mut out);
        if !variables.is_empty() {
            out += "environment:\n";
            out += "  # Set these wherever you deploy, or give them a `default`.\n";
            out += "  variables:\n";
            for variable in variables {
                out += &format!("    - {variable}\n");
            }
        }
        self.remotes(&mut out);
        let scopes = self.scopes.iter().map(|scope| Block::Scalar(scope.clone()));
        let scopes = Block::List(scopes.collect());
        map("permissions", map("scopes", scopes)).lines(&mut out, "");
        if !self.connect.is_empty() {
            out += "connectModules:\n";
        }
        for modules in &self.connect {
            if !modules.native.is_empty() {
                out += &format!("  # Of Forge itself: {}\n", modules.native.join(", "));
            }
            map(&modules.name, Block::List(modules.entries.clone())).lines(&mut out, "  ");
        }
        match &self.residency {
            Some(residency) => {
                out += "modules:\n";
                let list = Block::List(vec![residency.clone()]);
                map("migration:dataResidency", list).lines(&mut out, "  ");
                out += &INTENT.replace("{modules}", "");
            }
            None => out += &INTENT.replace("{modules}", "# modules:\n"),
        }
        out
    }

    fn app(&self, out: &mut String) {
        let mut connect = vec![
            ("key".to_owned(), Block::text(&self.key)),
            ("remote".to_owned(), Block::text(REMOTE)),
        ];
        // It may stand only where there are Connect modules.
        if self.signed && !self.connect.is_empty() {
            connect.push(("authentication".to_owned(), Block::text("jwt")));
        }
        map("runtime", map("name", Block::text("nodejs22.x"))).lines(out, "  ");
        *out += "  # By this key Atlassian knows the app: with another one it is another app.\n";
        map("connect", Block::Map(connect)).lines(out, "  ");
        if !self.licensing.is_empty() {
            *out += "  # Paid stays paid and free stays free until every site has moved.\n";
            map("licensing", Block::Map(self.licensing.clone())).lines(out, "  ");
        }
    }

    fn remotes(&self, out: &mut String) {
        let mut remote = vec![
            ("key".to_owned(), Block::text(REMOTE)),
            ("baseUrl".to_owned(), self.base_url.clone()),
        ];
        if self.stores {
            let operations = Block::List(vec![Block::text("storage")]);
            remote.push(("operations".to_owned(), operations));
            let in_scope = map("inScopeEUD", Block::Scalar("true".to_owned()));
            remote.push(("storage".to_owned(), in_scope));
        }
        map("remotes", Block::List(vec![Block::Map(remote)])).lines(out, "");
    }
}

/// A map with one member.
fn map(key: &str, value: Block) -> Block {
    Block::Map(vec![(key.to_owned(), value)])
}

/// The key of the remote: the server that answers today.
pub(super) const REMOTE: &str = "connect";

const HEAD: &str = "\
# The Connect app as it is, carried by Forge: made by `connect migrate forge`.
app:
  # `forge register` puts the id of your app here.
  id: ari:cloud:ecosystem::app/run-forge-register
";

const INTENT: &str = "
# What becomes of the app before Connect's end of support, 31 January 2027: administrators are told. The answer
# is yours: YES, NO or UNDECIDED.
{modules}#   connectToForgeMigration:
#     - key: eos-intent
#       migrationGuideUrl: https://example.com/forge
#       willMigrateToForgeBeforeEOS: UNDECIDED
";
