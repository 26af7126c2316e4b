//! Keeps what names people: a key per person, consents, restrictions; sealed, and destroyable for ever.
