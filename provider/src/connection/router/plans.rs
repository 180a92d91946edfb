//! What this run plans for the objects of a router: which of them are to go.

use super::tree::ConfigPath;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Core plans the objects of a run side by side. Those that go with a whole configuration are all planned
/// within this time.
const SIDE_BY_SIDE: Duration = Duration::from_millis(500);

/// Objects by their path from the top, and whether they are to go.
#[derive(Default)]
pub struct Plans {
    goes: Mutex<BTreeMap<ConfigPath, bool>>,
    changed: Notify,
    /// Types and paths of objects that are planned to be created and are not created yet.
    creations: Mutex<BTreeSet<(&'static str, ConfigPath)>>,
    /// Who has an object that is there and stays.
    holders: Mutex<BTreeMap<(&'static str, ConfigPath), String>>,
}

impl Plans {
    /// Notes what is planned for an object.
    pub fn note(&self, object: ConfigPath, goes: bool) {
        self.goes.lock().unwrap_or_else(PoisonError::into_inner).insert(object, goes);
        self.changed.notify_waiters();
    }

    /// Notes that an object is planned to be created, and answers whether another is already. A resource that
    /// is replaced is planned twice in a run, but only once without its prior state.
    pub fn note_creation(&self, type_name: &'static str, object: ConfigPath) -> bool {
        !self.creations.lock().unwrap_or_else(PoisonError::into_inner).insert((type_name, object))
    }

    /// Notes who has an object that stays, and answers whether another one has it too.
    pub fn note_holder(&self, type_name: &'static str, object: ConfigPath, claim: &str) -> bool {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let before = holders.insert((type_name, object), claim.to_owned());
        before.is_some_and(|before| before != claim)
    }

    /// Notes that a planned creation is carried out.
    pub fn begin_creation(&self, type_name: &'static str, object: ConfigPath) {
        self.creations.lock().unwrap_or_else(PoisonError::into_inner).remove(&(type_name, object));
    }

    /// Those of the paths that do not go with an object of this run. What is planned beside is waited for.
    pub async fn staying(&self, paths: Vec<ConfigPath>) -> Vec<ConfigPath> {
        let settled = async {
            loop {
                let changed = self.changed.notified();
                let fates = self.fates(&paths);
                if fates.contains(&Some(false)) || !fates.contains(&None) {
                    return;
                }
                changed.await;
            }
        };
        // In vain where nobody here plans for one of them.
        drop(timeout(SIDE_BY_SIDE, settled).await);
        let fates = self.fates(&paths);
        paths.into_iter().zip(fates).filter(|(_, goes)| *goes != Some(true)).map(|(path, _)| path).collect()
    }

    /// Whether each path goes with an object; none where nothing is planned for it.
    fn fates(&self, paths: &[ConfigPath]) -> Vec<Option<bool>> {
        let goes = self.goes.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |path: &ConfigPath| {
            let mut lengths = (1..=path.len()).rev();
            lengths.find_map(|length| goes.get(path.get(..length)?).copied())
        };
        paths.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> ConfigPath {
        path.split(' ').map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn what_stays_is_known_when_all_is_planned() {
        let plans = Plans::default();
        plans.note(words("protocols bgp"), false);
        plans.note(words("protocols bgp neighbor 10.0.0.1"), true);
        let users = [
            "protocols bgp neighbor 10.0.0.1 peer-group A",
            "protocols bgp listen range 10.0.0.0/24 peer-group A",
        ];
        let users: Vec<_> = users.map(words).into();
        assert_eq!(plans.staying(users.clone()).await, [users[1].clone()]);
        let other = words("policy route-map RM rule 10 call A");
        let (staying, ()) = tokio::join!(plans.staying(vec![other.clone()]), async {
            tokio::task::yield_now().await;
            plans.note(words("policy route-map RM"), true);
        });
        assert!(staying.is_empty());
        let nobody = words("system ip protocol bgp route-map A");
        assert_eq!(plans.staying(vec![nobody.clone()]).await, [nobody]);
    }
}
