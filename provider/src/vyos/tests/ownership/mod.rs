//! Whose a part of a router's configuration is: what is there before, what others have, what goes, and
//! routers that get other names.

use super::*;

mod existing;
mod leaving;
mod owners;
mod renamed;
