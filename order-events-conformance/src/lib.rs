//! The suite that holds an engine to its contract.
