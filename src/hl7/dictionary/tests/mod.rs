//! The dictionary against what its generator counted, against facts known by hand, and group by group.

mod facts;
mod groups;
mod known;
