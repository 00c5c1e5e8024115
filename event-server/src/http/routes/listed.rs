//! Which routes there are, as the audit log names them.

use std::cell::RefCell;

use actix_web::App;
use actix_web::web::ServiceConfig;

thread_local! {
    static MADE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn note(path: &str, methods: &[&str]) {
    let all = methods.iter().map(|method| format!("{method} {path}"));
    MADE.with_borrow_mut(|made| made.extend(all));
}

/// Those that it makes.
pub(crate) fn routes_of(configure: fn(&mut ServiceConfig)) -> Vec<String> {
    MADE.take();
    drop(App::new().configure(configure));
    MADE.take()
}
