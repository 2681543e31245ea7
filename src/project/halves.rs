//! The descriptors of a project. A descriptor is for one product, so an app for both has two: it
//! is two apps on one server, each with a descriptor, a key and tenants of its own.

use std::path::Path;

use connect_core::BaseUrl;

use crate::project::{DESCRIPTOR, DESCRIPTORS, Product};

/// One descriptor of a project, and who gets it from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Half {
    /// Its file.
    pub(crate) file: &'static str,
    /// Where the server has this app, behind its own address.
    pub(crate) below: &'static str,
    /// The product whose hosts get it; none is for every host.
    pub(crate) product: Option<Product>,
}

/// The app of a project that has one descriptor.
pub(crate) const WHOLE: Half = Half {
    file: DESCRIPTOR,
    below: "",
    product: None,
};

/// Those of an app for both products, as `connect new --product both` lays them out.
pub(crate) const HALVES: [Half; 2] = [
    Half {
        file: DESCRIPTORS[0],
        below: "",
        product: Some(Product::Jira),
    },
    Half {
        file: DESCRIPTORS[1],
        below: "/confluence",
        product: Some(Product::Confluence),
    },
];

impl Half {
    /// Those of the project in a folder, the one at the server's own address first.
    pub(crate) fn of(project: &Path) -> Vec<Self> {
        match project.join(DESCRIPTORS[1]).is_file() {
            true => HALVES.to_vec(),
            false => vec![WHOLE],
        }
    }

    /// Where this app is when its server is reached at `server`.
    pub(crate) fn address(&self, server: &BaseUrl) -> BaseUrl {
        // A plain path behind an address is too long at most.
        BaseUrl::parse(&format!("{server}{}", self.below)).unwrap_or_else(|_| server.clone())
    }

    /// Whether hosts of this product get it.
    pub(crate) fn is_for(&self, product: connect_core::Product) -> bool {
        self.product.is_none_or(|own| product == own.into())
    }
}

/// The one for hosts of this product; the first where none is.
pub(crate) fn half_for(halves: &[Half], product: connect_core::Product) -> usize {
    let is_for = |half: &Half| half.is_for(product);
    halves.iter().position(is_for).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_descriptor_makes_two_apps_of_one_server() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Half::of(home.path()), [WHOLE]);
        std::fs::write(home.path().join(DESCRIPTORS[1]), "{").unwrap();
        assert_eq!(Half::of(home.path()), HALVES);
        let server = BaseUrl::parse("https://a.example/base").unwrap();
        let addresses = HALVES.map(|half| half.address(&server).to_string());
        assert_eq!(
            addresses,
            [
                "https://a.example/base",
                "https://a.example/base/confluence"
            ]
        );
        for (product, expected) in [(Product::Jira, 0), (Product::Confluence, 1)] {
            assert_eq!(half_for(&HALVES, product.into()), expected);
            assert_eq!(half_for(&[WHOLE], product.into()), 0);
        }
    }
}
