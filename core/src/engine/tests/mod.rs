//! The engine on a scripted transport and paused time: every timing rule without a wait.

mod calls;
mod fake;
mod limits;
mod model;
mod refresh;
mod tokens;
