//! The audit log: who changed what over the API. The door says who asks, operations note what they change, and
//! `Context::transact` writes it down with the change, so that no route can forget it.

use std::collections::BTreeSet;

use api_spec::rest::{AuditActor, AuditChange, CommandKind};
use foundation::{Conn, DbError, trace};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::audit_subjects::{self, AuditSubject};
use crate::store::commands::Command;
use crate::store::name;

/// The version of the shape of an entry; raised when a member changes its meaning.
const SCHEMA: u32 = 1;
/// Commands whose parameters no secret can be in.
const PLAIN: [CommandKind; 2] = [CommandKind::ChangeAvailability, CommandKind::Reset];
/// When something was changed is the entry's own time.
const UNTOLD: [&str; 2] = ["created_at", "updated_at"];

tokio::task_local! {
    static ASKED: Asked;
}

/// Who asks for a change, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) tenant_id: String,
    pub(crate) actor: AuditActor,
    /// The scope by which it is allowed.
    pub(crate) scope: Option<&'static str>,
    /// As the API's document writes it.
    pub(crate) action: String,
    /// The path of what is changed, or of the list that it will be in.
    pub(crate) resource: String,
    pub(crate) request_id: String,
}

impl Asked {
    /// Whatever `work` writes is written down as asked for by this.
    pub(crate) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        ASKED.scope(self, work).await
    }

    /// Who asks for what is done now; `None` where nobody does.
    pub(crate) fn current() -> Option<Self> {
        ASKED.try_with(Self::clone).ok()
    }
}

/// What operations say of what they do.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    made: Option<String>,
    command_id: Option<String>,
    changes: Vec<AuditChange>,
    repeated: bool,
}

impl Noted {
    /// A resource was made, whose values are told without those of `withheld`.
    pub(crate) fn made(&mut self, list: &str, id: &str, after: &impl Serialize, withheld: &[&str]) {
        self.made = Some(format!("/v1/{list}/{id}"));
        self.changes = changes(Value::Null, json(after), withheld);
    }

    /// A resource was changed; values of members that are `withheld` are not told.
    pub(crate) fn changed(&mut self, before: &impl Serialize, after: &impl Serialize, withheld: &[&str]) {
        self.changes = changes(json(before), json(after), withheld);
    }

    /// A controller is to do something.
    pub(crate) fn ordered(&mut self, command: &Command) {
        self.command_id = Some(command.id.clone());
        if PLAIN.map(name).contains(&command.kind) {
            let parameters = serde_json::from_str(&command.parameters).unwrap_or_default();
            self.changes = changes(Value::Null, parameters, &[]);
        }
    }

    /// Nothing is done: it was done when it was first asked for.
    pub(crate) fn repeated(&mut self) {
        self.repeated = true;
    }
}

/// What is kept of an entry beside its time and its place in the chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) actor: AuditActor,
    pub(crate) scope: Option<String>,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) command_id: Option<String>,
    pub(crate) changes: Vec<AuditChange>,
    pub(crate) request_id: String,
    pub(crate) trace_id: Option<String>,
}

/// Writes down what was asked for and noted.
pub(crate) fn append(
    conn: &mut Conn,
    asked: &Asked,
    noted: Noted,
    (traceparent, now_us): (Option<&str>, i64),
) -> Result<(), DbError> {
    if noted.repeated {
        return Ok(());
    }
    let entry = Kept {
        id: foundation::ids::id("aud"),
        tenant_id: asked.tenant_id.clone(),
        actor: asked.actor.clone(),
        scope: asked.scope.map(str::to_owned),
        action: asked.action.clone(),
        resource: noted.made.unwrap_or_else(|| asked.resource.clone()),
        command_id: noted.command_id,
        changes: noted.changes,
        request_id: asked.request_id.clone(),
        trace_id: trace::id_in(traceparent).map(str::to_owned),
    };
    let sequence = foundation::audit::append(conn, SCHEMA, &entry, now_us)?;
    let subject = AuditSubject {
        sequence,
        tenant_id: entry.tenant_id,
        at_us: now_us,
        actor_id: entry.actor.id,
        resource: entry.resource,
    };
    audit_subjects::insert(conn, &subject)
}

fn json(resource: &impl Serialize) -> Value {
    serde_json::to_value(resource).unwrap_or_default()
}

/// The members that differ; what is not there is null.
fn changes(before: Value, after: Value, withheld: &[&str]) -> Vec<AuditChange> {
    let names = |value: &Value| -> BTreeSet<String> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(name, _)| name.clone()).collect()
    };
    let all = names(&before).into_iter().chain(names(&after));
    let all: BTreeSet<String> = all.filter(|name| !UNTOLD.contains(&name.as_str())).collect();
    let of = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    all.into_iter()
        .map(|name| (of(&before, &name), of(&after, &name), name))
        .filter(|(before, after, _)| before != after)
        .map(|(before, after, member)| {
            let told = !withheld.contains(&member.as_str());
            AuditChange {
                member,
                before: told.then_some(before),
                after: told.then_some(after),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_told_and_no_value_that_is_withheld() {
        let before = json!({ "a": 1, "b": [1], "name": "x", "gone": true, "updated_at": 1 });
        let after = json!({ "a": 1, "b": [2], "name": "y", "new": null, "updated_at": 2 });
        let told = json!(changes(before, after, &["name"]));
        assert_eq!(
            told,
            json!([
                { "member": "b", "before": [1], "after": [2] },
                { "member": "gone", "before": true, "after": null },
                { "member": "name" },
            ])
        );
        let read: Vec<AuditChange> = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(json!(read), told);
    }
}
