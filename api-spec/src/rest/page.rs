//! One page of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list; ask for the next with `cursor` = `next_cursor`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Opaque; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
}
