//! Ginnel.
