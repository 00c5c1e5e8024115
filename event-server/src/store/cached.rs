//! Updates that are prepared once per connection: Diesel prepares each anew, as what it sets could vary.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;

/// An update whose SQL is always the same; `Name` stands for it in the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cached<Name, Q> {
    query: Q,
    name: PhantomData<Name>,
}

/// Only for a query that sets the same columns whatever its values are. `Name` must be used for this query alone.
pub(crate) fn cached<Name, Q>(_: Name, query: Q) -> Cached<Name, Q> {
    Cached {
        query,
        name: PhantomData,
    }
}

impl<Name: 'static, Q> QueryId for Cached<Name, Q> {
    type QueryId = Cached<Name, ()>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Name, Q, DB> QueryFragment<DB> for Cached<Name, Q>
where
    DB: Backend,
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Name, Q: Query> Query for Cached<Name, Q> {
    type SqlType = Q::SqlType;
}

impl<Name, Q, C> RunQueryDsl<C> for Cached<Name, Q> {}
