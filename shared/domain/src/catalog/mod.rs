pub(crate) const ALL_QUERIES: &[crate::db::Query] = &[];
