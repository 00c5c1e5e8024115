//! Updates that are prepared once per connection: Diesel prepares its own anew each time, as what they set could vary.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

/// Writes the whole row of an integer key; `Row` stands for the statement in the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpdateRow<Row, Set> {
    table: &'static str,
    key_column: &'static str,
    key: i64,
    set: Set,
    row: PhantomData<Row>,
}

/// `set` must be the changeset of `Row`, with every column in it whatever its value.
pub(crate) fn update_row<Row, Set>(
    _: &Row,
    (table, key_column): (&'static str, &'static str),
    key: i64,
    set: Set,
) -> UpdateRow<Row, Set> {
    UpdateRow {
        table,
        key_column,
        key,
        set,
        row: PhantomData,
    }
}

impl<Row: 'static, Set> QueryId for UpdateRow<Row, Set> {
    type QueryId = UpdateRow<Row, ()>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Row, Set, DB> QueryFragment<DB> for UpdateRow<Row, Set>
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
    Set: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("UPDATE ");
        pass.push_identifier(self.table)?;
        pass.push_sql(" SET ");
        self.set.walk_ast(pass.reborrow())?;
        pass.push_sql(" WHERE ");
        pass.push_identifier(self.key_column)?;
        pass.push_sql(" = ");
        pass.push_bind_param::<BigInt, _>(&self.key)
    }
}

impl<Row, Set, C> RunQueryDsl<C> for UpdateRow<Row, Set> {}
