//! Makes codes for labels that are printed first, and gives them to outlets when they are stuck on.

use api_spec::rest::{self, BatchLabel, NewLabelBatch, OutletCode, Time};
use foundation::Conn;

use super::public_code;
use super::rotate_code::{give, url};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::label_batches::{self, BatchCode, LabelBatch};
use crate::store::{outlets, sites};

/// The audit log, which forgets nothing, tells no codes.
const CODES: [&str; 1] = ["labels"];
/// One answer for every code that cannot be bound: mistyped, unknown, another tenant's, or bound already.
const UNBOUND: Refusal = Refusal::NotFound("free label");

pub(crate) fn create(
    tx: &mut Tx<'_>,
    (tenant_id, public_url): (&str, &str),
    asked: NewLabelBatch,
) -> Result<rest::LabelBatch, Refusal> {
    if let Some(site_id) = &asked.site_id
        && sites::find(tx.conn, tenant_id, site_id)?.is_none()
    {
        return Err(Refusal::invalid("/site_id", "there is no such site"));
    }
    let batch = LabelBatch {
        id: foundation::ids::id("lab"),
        tenant_id: tenant_id.to_owned(),
        site_id: asked.site_id,
        created_at: tx.now_us,
    };
    let count = i32::try_from(asked.count).unwrap_or(i32::MAX);
    let codes: Vec<BatchCode> = (1..=count)
        .map(|position| BatchCode {
            code: public_code::new(),
            batch_id: batch.id.clone(),
            position,
            outlet_id: None,
            bound_at: None,
        })
        .collect();
    label_batches::insert(tx.conn, &batch, &codes)?;
    let made = resource(batch, codes, public_url);
    tx.audit.made("label-batches", &made.id, &made, &CODES);
    Ok(made)
}

pub(crate) fn find(
    conn: &mut Conn,
    (tenant_id, id): (&str, &str),
    public_url: &str,
) -> Result<rest::LabelBatch, Refusal> {
    let batch = label_batches::find(conn, tenant_id, id)?;
    let batch = batch.ok_or(Refusal::NotFound("label batch"))?;
    let codes = label_batches::list_codes(conn, id)?;
    Ok(resource(batch, codes, public_url))
}

/// Gives an outlet the code of a label of a batch; its old one leads nowhere from then on.
pub(crate) fn bind(
    tx: &mut Tx<'_>,
    named: &(String, String),
    public_url: &str,
    code: &str,
) -> Result<OutletCode, Refusal> {
    let (tenant_id, outlet_id) = named;
    let known = outlets::find_known(tx.conn, tenant_id, outlet_id)?;
    let (outlet, _, _) = known.ok_or(Refusal::NotFound("outlet"))?;
    let code = public_code::read(code).ok_or(UNBOUND)?;
    let batch = label_batches::find_unbound(tx.conn, tenant_id, &code)?;
    let batch = batch.ok_or(UNBOUND)?;
    if batch.site_id.is_some_and(|site_id| site_id != outlet.site_id) {
        let elsewhere = "the label was made for another site; its batch says for which";
        return Err(Refusal::invalid("/code", elsewhere));
    }
    if !label_batches::bind(tx.conn, &code, outlet_id, tx.now_us)? {
        return Err(UNBOUND);
    }
    give(tx, named, public_url, code)
}

fn resource(batch: LabelBatch, codes: Vec<BatchCode>, public_url: &str) -> rest::LabelBatch {
    let label = |code: BatchCode| BatchLabel {
        shown: public_code::shown(&code.code),
        url: url(public_url, &code.code),
        public_code: code.code,
        outlet_id: code.outlet_id,
        bound_at: code.bound_at.map(Time),
    };
    rest::LabelBatch {
        id: batch.id,
        site_id: batch.site_id,
        labels: codes.into_iter().map(label).collect(),
        created_at: Time(batch.created_at),
    }
}
