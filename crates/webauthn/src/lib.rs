//! WebAuthn Level 3 ceremonies.
