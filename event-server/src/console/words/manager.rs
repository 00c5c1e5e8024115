//! What managers read.

super::words! {
    /// Of a site's pages.
    ManagerWords {
        sites: "Buildings", "施設";
        no_sites: "No building is yours to see yet.", "表示できる施設がまだありません。";
        pages: "Pages of the building", "施設のページ";
        live: "Panels", "盤ライブ";
    }
}
