//! What nodes tell each other. It carries no truth: whoever hears it reads the rows, and rows are looked at anyway.

mod broker;
mod life;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::config;
use crate::context::{Context, Wakes};
use crate::subscriptions::Subscriptions;

/// More than this at once is not told: the others see it when they look.
const QUEUE: usize = 4096;

/// This process, alone or one of several. A cheap handle; clones share everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node(Option<Arc<Named>>);

#[derive(Debug)]
struct Named {
    name: String,
    leads: AtomicBool,
    told: mpsc::Sender<Told>,
}

/// What one node tells the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// There is something to do for a controller.
    Commands { controller_id: String },
    /// A controller's newest connection is at the node that tells this.
    Moved { controller_id: String },
    /// Something was appended.
    News(News),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    events: bool,
    deliveries: bool,
    renewals: bool,
    /// Commands that got their outcomes.
    outcomes: Vec<String>,
    /// Endpoints that were changed.
    endpoints: Vec<String>,
}

/// One of several that does not live yet.
pub(crate) struct Joined {
    config: config::Nodes,
    queue: mpsc::Receiver<Told>,
}

/// Makes this process one of several.
pub(crate) fn join(context: &mut Context, config: config::Nodes) -> Joined {
    let (node, queue) = Node::named(&config.name);
    context.node = node;
    context.subscriptions = Subscriptions::shared();
    Joined { config, queue }
}

impl Node {
    /// One of several; what it tells comes out of the other end.
    pub(crate) fn named(name: &str) -> (Self, mpsc::Receiver<Told>) {
        let (told, queue) = mpsc::channel(QUEUE);
        let named = Named {
            name: name.to_owned(),
            leads: AtomicBool::new(false),
            told,
        };
        (Self(Some(Arc::new(named))), queue)
    }

    /// `None` where it is alone.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.as_ref().map(|named| named.name.as_str())
    }

    /// Whether it does what one node alone should do.
    pub(crate) fn leads(&self) -> bool {
        self.0.as_ref().is_none_or(|named| named.leads.load(SeqCst))
    }

    fn set_leads(&self, leads: bool) {
        if let Some(named) = &self.0 {
            named.leads.store(leads, SeqCst);
        }
    }

    /// Tells the others what they must wake up for.
    pub(crate) fn tell(&self, wakes: &Wakes) {
        let Some(named) = &self.0 else { return };
        let news = News {
            events: wakes.events,
            deliveries: wakes.deliveries,
            renewals: wakes.renewals,
            outcomes: wakes.outcomes.clone(),
            endpoints: wakes.endpoints.clone(),
        };
        let commands = wakes.controllers.iter().map(|id| Told::Commands {
            controller_id: id.clone(),
        });
        let moved = wakes.moved.iter().map(|id| Told::Moved {
            controller_id: id.clone(),
        });
        let news = (news != News::default()).then_some(Told::News(news));
        for told in commands.chain(moved).chain(news) {
            // Too much at once is seen by the others when they look.
            let _full = named.told.try_send(told);
        }
    }
}

impl Told {
    /// A subject per station, so that others can listen for one alone.
    fn subject(&self) -> String {
        match self {
            Self::Commands { controller_id } | Self::Moved { controller_id } => {
                format!("denro.station.{controller_id}")
            }
            Self::News(_) => "denro.news".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_node_tells_what_others_wake_up_for_and_nothing_else() {
        let (node, mut queue) = Node::named("a");
        node.tell(&Wakes::default());
        node.tell(&Wakes {
            events: true,
            controllers: vec!["ctl_1".into()],
            moved: vec!["ctl_2".into()],
            ..Wakes::default()
        });
        let mut subjects = Vec::new();
        while let Ok(told) = queue.try_recv() {
            let text = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
            subjects.push(told.subject());
        }
        assert_eq!(
            subjects,
            ["denro.station.ctl_1", "denro.station.ctl_2", "denro.news"]
        );
        assert!(!node.leads() && Node::default().leads());
    }
}
