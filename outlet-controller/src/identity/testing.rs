//! A private authority and a folder of a test's own.

#[path = "../../../foundation/testing/authority.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod authority;

use std::path::PathBuf;

pub(crate) use authority::Authority;

use super::Folder;

pub(crate) const URI: &str = "spiffe://auth.example.com/site/site_1/controller/panel-7";

pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(foundation::ids::id("denro-identity")))
    }

    pub(crate) fn folder(&self) -> Folder {
        Folder::new(&self.0)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
