//! The table of who may use whom. A folder may name only what its row allows.

#[test]
fn placeholder() {}
