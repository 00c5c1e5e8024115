//! What `usage_days` and ended sessions add up to, by whom or where. Written as SQL, as the groups vary.

use std::fmt::Write;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use foundation::{Conn, DbError, on};

use super::schema::sites;

/// What is added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Driver,
    Unit,
    Outlet,
    Site,
    /// All in one.
    Whole,
}

/// Over what to add up. Days and moments are those of the sites in one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Over<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) site_id: Option<&'a str>,
    pub(crate) driver_id: Option<&'a str>,
    pub(crate) days: (i32, i32),
    pub(crate) moments: (i64, i64),
    pub(crate) key: Key,
    /// Keys after this one alone.
    pub(crate) after: Option<&'a str>,
    pub(crate) limit: i64,
}

/// The energy of one key; '' is nobody.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct Energy {
    #[diesel(sql_type = Text)]
    pub(crate) key: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) attributed_wh: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) unattributed_wh: i64,
}

/// The sessions of one key.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct Sessions {
    #[diesel(sql_type = Text)]
    pub(crate) key: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) count: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) cost_yen: i64,
}

/// SQL and its values, numbered in the order in which they stand there: so both databases take it.
#[derive(Clone, Debug, Default)]
struct Sql {
    text: String,
    values: Vec<Value>,
}

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Number(i64),
}

impl Sql {
    fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    fn value(mut self, value: Value) -> Self {
        self.values.push(value);
        let _to_a_string = write!(self.text, "${}", self.values.len());
        self
    }

    fn text(self, text: &str) -> Self {
        self.value(Value::Text(text.to_owned()))
    }

    fn number(self, number: i64) -> Self {
        self.value(Value::Number(number))
    }
}

macro_rules! load {
    ($conn:expr, $sql:expr) => {{
        let sql = $sql;
        on!($conn, |c| {
            let mut query = diesel::sql_query(sql.text).into_boxed();
            for value in sql.values {
                query = match value {
                    Value::Text(text) => query.bind::<Text, _>(text),
                    Value::Number(number) => query.bind::<BigInt, _>(number),
                };
            }
            query.load(c)
        })?
    }};
}

/// Energy by key, the keys in the order of their bytes.
pub(crate) fn list_energy(conn: &mut Conn, over: &Over<'_>) -> Result<Vec<Energy>, DbError> {
    let key = key(conn, over.key);
    let sql = Sql::default().push(&format!(
        "SELECT {key} AS key, \
         CAST(SUM(CASE WHEN u.account > 0 THEN u.energy_wh ELSE 0 END) AS BIGINT) AS attributed_wh, \
         CAST(SUM(CASE WHEN u.account > 0 THEN 0 ELSE u.energy_wh END) AS BIGINT) AS unattributed_wh "
    ));
    // CROSS JOIN keeps SQLite to this order, which needs no statistics.
    let sql = match over.driver_id {
        Some(_) => {
            sql.push("FROM sessions s CROSS JOIN outlets o CROSS JOIN sites t CROSS JOIN usage_days u ")
        }
        None => sql.push("FROM sites t CROSS JOIN outlets o CROSS JOIN usage_days u "),
    };
    let sql = match (over.driver_id, over.key) {
        (None, Key::Driver | Key::Unit) => sql.push("LEFT JOIN sessions s ON s.number = u.account "),
        (Some(_), _) | (None, Key::Outlet | Key::Site | Key::Whole) => sql,
    };
    let sql = within(sql, over)
        .push(" AND u.outlet_key = o.key AND u.day >= ")
        .number(over.days.0.into())
        .push(" AND u.day < ")
        .number(over.days.1.into());
    let sql = match over.driver_id {
        Some(_) => sql
            .push(" AND u.account = s.number AND (s.ended_at IS NULL OR s.ended_at >= ")
            .number(over.moments.0)
            .push(")"),
        None => sql,
    };
    Ok(load!(conn, in_order(sql, over, &key)))
}

/// Ended sessions by key, the keys in the order of their bytes.
pub(crate) fn list_sessions(conn: &mut Conn, over: &Over<'_>) -> Result<Vec<Sessions>, DbError> {
    let key = key(conn, over.key);
    let sql = Sql::default().push(&format!(
        "SELECT {key} AS key, COUNT(*) AS count, CAST(SUM(COALESCE(s.cost_yen, 0)) AS BIGINT) AS cost_yen "
    ));
    let sql = match over.driver_id {
        Some(_) => sql.push("FROM sessions s CROSS JOIN outlets o CROSS JOIN sites t "),
        None => sql.push("FROM sites t CROSS JOIN outlets o CROSS JOIN sessions s "),
    };
    let sql = within(sql, over)
        .push(" AND s.outlet_key = o.key AND s.state = 'ended' AND s.ended_at >= ")
        .number(over.moments.0)
        .push(" AND s.ended_at < ")
        .number(over.moments.1);
    Ok(load!(conn, in_order(sql, over, &key)))
}

fn key(conn: &Conn, key: Key) -> String {
    let column = match key {
        Key::Driver => "COALESCE(s.driver_id, '')",
        Key::Unit => "COALESCE(s.unit, '')",
        Key::Outlet => "o.id",
        Key::Site => "o.site_id",
        Key::Whole => "CAST('' AS TEXT)",
    };
    match conn {
        Conn::Sqlite(_) => column.to_owned(),
        // Its own order depends on the language that the database was made for.
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => format!("{column} COLLATE \"C\""),
    }
}

fn within(sql: Sql, over: &Over<'_>) -> Sql {
    let sql = sql
        .push("WHERE o.site_id = t.id AND t.tenant_id = ")
        .text(over.tenant_id)
        .push(" AND t.zone = ")
        .text(over.zone);
    let sql = match over.site_id {
        Some(site_id) => sql.push(" AND t.id = ").text(site_id),
        None => sql,
    };
    match over.driver_id {
        Some(driver_id) => sql
            .push(" AND s.outlet_key = o.key AND s.tenant_id = ")
            .text(over.tenant_id)
            .push(" AND s.driver_id = ")
            .text(driver_id),
        None => sql,
    }
}

fn in_order(sql: Sql, over: &Over<'_>, key: &str) -> Sql {
    let sql = match over.after {
        Some(after) => sql.push(&format!(" AND {key} > ")).text(after),
        None => sql,
    };
    sql.push(" GROUP BY 1 ORDER BY 1 LIMIT ").number(over.limit)
}

/// The time zones of the tenant's sites, or of one of them.
pub(crate) fn list_zones(
    conn: &mut Conn,
    tenant_id: &str,
    site_id: Option<&str>,
) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = sites::table
            .filter(sites::tenant_id.eq(tenant_id))
            .select(sites::zone)
            .distinct()
            .into_boxed();
        if let Some(site_id) = site_id {
            query = query.filter(sites::id.eq(site_id));
        }
        query.load(c)
    })?)
}
