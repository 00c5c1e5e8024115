//! Many rows in one statement of PostgreSQL: a column is one array, so that the text is the same whatever their number.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};

/// What stands around the rows.
pub(super) trait Statement: 'static {
    const BEFORE: &'static str;
    const AFTER: &'static str = "";
}

#[derive(Debug)]
pub(super) enum Column<'a> {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<&'a str>>),
    Flags(Vec<bool>),
}

impl<'a> Column<'a> {
    pub(super) fn numbers<Row>(rows: &'a [Row], of: impl Fn(&'a Row) -> i64) -> Self {
        Self::Numbers(rows.iter().map(|row| Some(of(row))).collect())
    }

    pub(super) fn nullable_numbers<Row>(rows: &'a [Row], of: impl Fn(&'a Row) -> Option<i64>) -> Self {
        Self::Numbers(rows.iter().map(of).collect())
    }

    pub(super) fn texts<Row>(rows: &'a [Row], of: impl Fn(&'a Row) -> &'a str) -> Self {
        Self::Texts(rows.iter().map(|row| Some(of(row))).collect())
    }

    pub(super) fn nullable_texts<Row>(rows: &'a [Row], of: impl Fn(&'a Row) -> &'a Option<String>) -> Self {
        Self::Texts(rows.iter().map(|row| of(row).as_deref()).collect())
    }

    pub(super) fn flags<Row>(rows: &'a [Row], of: impl Fn(&'a Row) -> bool) -> Self {
        Self::Flags(rows.iter().map(of).collect())
    }
}

/// A statement over rows; prepared once per connection.
#[derive(Debug)]
struct Unnested<'a, S> {
    columns: &'a [Column<'a>],
    statement: PhantomData<S>,
}

/// Runs the statement over the rows that these columns make.
pub(super) fn execute<S: Statement>(conn: &mut PgConnection, columns: &[Column<'_>]) -> QueryResult<()> {
    let statement = PhantomData::<S>;
    let unnested = Unnested { columns, statement };
    RunQueryDsl::execute(unnested, conn).map(|_| ())
}

impl<S: 'static> QueryId for Unnested<'_, S> {
    type QueryId = Unnested<'static, S>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement> QueryFragment<Pg> for Unnested<'_, S> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(S::BEFORE);
        for (number, column) in self.columns.iter().enumerate() {
            pass.push_sql(if number == 0 { " unnest(" } else { ", " });
            match column {
                Column::Numbers(values) => pass.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Column::Texts(values) => pass.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                Column::Flags(values) => pass.push_bind_param::<Array<Bool>, _>(values)?,
            }
        }
        pass.push_sql(")");
        pass.push_sql(S::AFTER);
        Ok(())
    }
}

impl<S> RunQueryDsl<PgConnection> for Unnested<'_, S> {}
