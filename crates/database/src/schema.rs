//! The schema of the layer: made, checked, brought up to date.
