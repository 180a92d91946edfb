//! The real terraform against the built plugin, each test in a lab of its own. One program for all: most of
//! their time is spent waiting for clusters, so that tests side by side take little longer than one alone.

mod adoption;
mod build_outs;
mod by_hand;
mod cluster;
mod nodes;
mod project;
mod router;
mod trust;
