//! What each tenant holds of what all share, and how much that may be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One thing that all share.
#[derive(Debug)]
pub(crate) struct Shares {
    /// Of one tenant.
    most: u32,
    held: Held,
}

/// By tenant; who holds nothing is not in it.
type Held = Arc<Mutex<HashMap<String, u32>>>;

/// One of a tenant's; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    tenant_id: String,
    held: Held,
    kept: bool,
}

impl Shares {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            held: Held::default(),
        }
    }

    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// One more for the tenant; `None` where it holds all that it may.
    pub(crate) fn take(&self, tenant_id: &str) -> Option<Share> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.get(tenant_id).copied().unwrap_or_default();
        if count >= self.most {
            return None;
        }
        held.insert(tenant_id.to_owned(), count + 1);
        drop(held);
        Some(Share {
            tenant_id: tenant_id.to_owned(),
            held: self.held.clone(),
            kept: false,
        })
    }
}

impl Share {
    /// Never to be given back.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.tenant_id) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.tenant_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenant_has_its_own_and_what_is_dropped_is_given_back() {
        let shares = Shares::new(2);
        let first = shares.take("a").unwrap();
        let second = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        let other = shares.take("b").unwrap();
        drop(first);
        let third = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        drop((second, third, other));
        assert!(shares.held.lock().unwrap().is_empty());
    }

    #[test]
    fn what_is_kept_is_never_given_back() {
        let shares = Shares::new(1);
        shares.take("a").unwrap().keep();
        assert!(shares.take("a").is_none());
        assert!(Shares::new(0).take("a").is_none());
    }
}
