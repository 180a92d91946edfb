//! Work as named steps. Each knows whether it is done already, so that work which was stopped anywhere is
//! carried on by doing all of it again.

use super::error::NodeError;
use crate::connection::retry::{Attempt, Deadline, RetryError};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// One step of work on a `T`.
#[async_trait]
pub trait Step<T: Sync>: Send + Sync {
    /// What it does, as in `install the snap`.
    fn name(&self) -> &'static str;

    /// Whether it is done already.
    async fn check(&self, target: &T) -> Result<bool, NodeError>;

    /// Does it. A failure that may pass is tried again, beginning with [`Step::check`].
    async fn run(&self, target: &T) -> Result<(), NodeError>;

    /// Takes back what [`Step::run`] did when it or a later step failed for good. What may stay needs none.
    async fn undo(&self, target: &T) -> Result<(), NodeError> {
        let _ = target;
        Ok(())
    }
}

/// Steps in order.
pub struct Steps<'a, T> {
    steps: &'a [&'a dyn Step<T>],
    #[cfg(test)]
    fault: Option<(&'static str, Moment)>,
}

impl<'a, T: Sync> Steps<'a, T> {
    /// These steps.
    pub fn new(steps: &'a [&'a dyn Step<T>]) -> Self {
        Self {
            steps,
            #[cfg(test)]
            fault: None,
        }
    }

    /// Carries out what is not done yet. When a step fails for good, what was done now is taken back, as far
    /// as the steps know how to; an interruption takes nothing back.
    pub async fn run(&self, target: &T, deadline: &Deadline) -> Result<(), NodeError> {
        let mut begun: Vec<&dyn Step<T>> = Vec::new();
        for step in self.steps {
            #[cfg(test)]
            self.maybe_fail(step.name(), Moment::Before)?;
            let (ran, last) = (AtomicBool::new(false), Mutex::new(None));
            let result = deadline.reach(|| attempt(*step, target, deadline, &ran, &last)).await;
            if ran.into_inner() {
                begun.push(*step);
            }
            match result {
                Ok(()) => {}
                Err(RetryError::Cancelled) => {
                    return Err(NodeError::from(RetryError::<NodeError>::Cancelled).in_step(step.name()));
                }
                Err(gave_up) => {
                    return Err(
                        roll_back(&begun, target, NodeError::from(gave_up).in_step(step.name())).await
                    );
                }
            }
            #[cfg(test)]
            self.maybe_fail(step.name(), Moment::After)?;
        }
        Ok(())
    }
}

async fn attempt<T: Sync>(
    step: &dyn Step<T>,
    target: &T,
    deadline: &Deadline,
    ran: &AtomicBool,
    last: &Mutex<Option<NodeError>>,
) -> Attempt<(), NodeError> {
    let work = async {
        if step.check(target).await? {
            return Ok(());
        }
        tracing::info!(step = step.name(), "run");
        ran.store(true, Ordering::Relaxed);
        step.run(target).await
    };
    match tokio::time::timeout(deadline.remaining(), work).await {
        Ok(Err(failure)) if failure.is_transient() => {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.clone());
            Attempt::Retry(failure)
        }
        Ok(result) => Attempt::Done(result),
        // What was seen before says more than that nothing was seen now.
        Err(_) => Attempt::Retry(
            last.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
                .unwrap_or_else(|| NodeError::new(step.name(), "It was not done when the time was up.")),
        ),
    }
}

/// Takes back the steps that were begun, the last one first, and tells of what could not be.
async fn roll_back<T: Sync>(begun: &[&dyn Step<T>], target: &T, mut failure: NodeError) -> NodeError {
    for step in begun.iter().rev() {
        if let Err(also) = step.undo(target).await {
            failure = failure.and(step.name(), &also);
        }
    }
    failure
}

/// When a test's fault strikes.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The step has not begun.
    Before,
    /// The step was carried out, and nobody knows yet.
    After,
}

#[cfg(test)]
impl<T: Sync> Steps<'_, T> {
    /// The work stops there, as if the plugin was killed: nothing is taken back.
    pub(crate) fn stopping(mut self, step: &'static str, moment: Moment) -> Self {
        self.fault = Some((step, moment));
        self
    }

    fn maybe_fail(&self, step: &'static str, moment: Moment) -> Result<(), NodeError> {
        match self.fault {
            Some(fault) if fault == (step, moment) => Err(NodeError::new("a test", "a fault").in_step(step)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    /// What was done so far, by name.
    #[derive(Default)]
    struct Wall(Mutex<Vec<&'static str>>);

    impl Wall {
        fn layers(&self) -> Vec<&'static str> {
            self.0.lock().unwrap().clone()
        }
    }

    struct Lay(&'static str);

    #[async_trait]
    impl Step<Wall> for Lay {
        fn name(&self) -> &'static str {
            self.0
        }

        async fn check(&self, wall: &Wall) -> Result<bool, NodeError> {
            Ok(wall.layers().contains(&self.0))
        }

        async fn run(&self, wall: &Wall) -> Result<(), NodeError> {
            wall.0.lock().unwrap().push(self.0);
            Ok(())
        }

        async fn undo(&self, wall: &Wall) -> Result<(), NodeError> {
            wall.0.lock().unwrap().retain(|layer| *layer != self.0);
            Ok(())
        }
    }

    /// Fails, for now or for good.
    struct Fail(bool);

    #[async_trait]
    impl Step<Wall> for Fail {
        fn name(&self) -> &'static str {
            "fail"
        }

        async fn check(&self, _: &Wall) -> Result<bool, NodeError> {
            Ok(false)
        }

        async fn run(&self, wall: &Wall) -> Result<(), NodeError> {
            wall.0.lock().unwrap().push("failed");
            let failure = NodeError::new("failing", "it failed");
            Err(if self.0 { failure.transient() } else { failure })
        }
    }

    fn minute() -> Deadline {
        Deadline::after(Duration::from_secs(60), &CancellationToken::new())
    }

    #[tokio::test]
    async fn work_that_was_stopped_anywhere_is_carried_on() {
        let names = ["foundation", "bricks", "roof"];
        for stopped in names {
            for moment in [Moment::Before, Moment::After] {
                let wall = Wall::default();
                let layers = names.map(Lay);
                let steps: Vec<&dyn Step<Wall>> = layers.iter().map(|layer| layer as _).collect();
                let stop = Steps::new(&steps).stopping(stopped, moment).run(&wall, &minute()).await;
                assert!(stop.is_err());
                assert!(moment == Moment::After || !wall.layers().contains(&stopped));
                Steps::new(&steps).run(&wall, &minute()).await.unwrap();
                assert_eq!(wall.layers(), names, "stopped {moment:?} {stopped}");
            }
        }
    }

    #[tokio::test]
    async fn a_failure_for_good_takes_back_what_was_done_now_and_nothing_else() {
        let wall = Wall(Mutex::new(vec!["foundation"]));
        let failed =
            Steps::new(&[&Lay("foundation"), &Lay("bricks"), &Fail(false)]).run(&wall, &minute()).await;
        assert_eq!(wall.layers(), ["foundation", "failed"]);
        let diagnostic = failed.unwrap_err().into_diagnostic("Unable to build the wall");
        assert_eq!(diagnostic.detail, "Step: fail.\nTried: failing.\nit failed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_may_pass_is_tried_again_until_the_time_is_up() {
        let wall = Wall::default();
        let failed = Steps::new(&[&Fail(true)]).run(&wall, &minute()).await.unwrap_err();
        assert!(wall.layers().len() > 10, "{:?}", wall.layers());
        assert!(!failed.is_transient());
        let text = failed.into_diagnostic("Unable to build the wall").detail;
        assert!(text.contains("it failed\nThis was the last result before the timeout."), "{text}");
        assert!(text.contains("`timeouts` sets how long to wait"), "{text}");
    }

    /// Fails, and later does not answer.
    struct Hang(AtomicBool);

    #[async_trait]
    impl Step<Wall> for Hang {
        fn name(&self) -> &'static str {
            "hang"
        }

        async fn check(&self, _: &Wall) -> Result<bool, NodeError> {
            if self.0.swap(true, Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            Err(NodeError::new("reading the wall", "it is wet").transient())
        }

        async fn run(&self, _: &Wall) -> Result<(), NodeError> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_before_an_attempt_that_hangs_is_reported() {
        let wall = Wall::default();
        let failed = Steps::new(&[&Hang(AtomicBool::new(false))]).run(&wall, &minute()).await.unwrap_err();
        assert!(failed.answer().starts_with("it is wet"), "{failed:?}");
        let silent = Steps::new(&[&Hang(AtomicBool::new(true))]).run(&wall, &minute()).await.unwrap_err();
        assert!(silent.answer().starts_with("It was not done"), "{silent:?}");
    }

    #[tokio::test]
    async fn an_interruption_takes_nothing_back() {
        let wall = Wall::default();
        let cancelled = CancellationToken::new();
        cancelled.cancel();
        let deadline = Deadline::after(Duration::from_secs(60), &cancelled);
        let stopped = Steps::new(&[&Lay("bricks"), &Fail(true)]).run(&wall, &deadline).await.unwrap_err();
        let text = stopped.into_diagnostic("Unable to build the wall").detail;
        assert!(text.contains("The next apply resumes here"), "{text}");
    }
}
