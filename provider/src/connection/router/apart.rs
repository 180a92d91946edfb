//! Taking a refused commit apart, so that the error lands on the writes that caused it.

use super::batch::Needed;
use super::blame::{Section, Suspect, sections};
use super::error::RouterError;
use super::write::Pending;

/// What is left of a refused commit.
pub(super) struct Apart {
    /// Writes to try again, each group in a commit of its own. What components have committed of them meanwhile is
    /// seen then.
    pub(super) again: Vec<Vec<Pending>>,
    /// Whether nobody was named, so that halves are tried.
    pub(super) halved: bool,
}

/// Gives the error to the writes that `message` names or that it must be about. Where that is not clear, halves are to
/// be tried, unless they have been tried often enough: then all that it may be about get it.
pub(super) fn take_apart(message: &str, needed: Vec<Needed>, may_halve: bool) -> Apart {
    let found = sections(message);
    let suspects: Vec<_> = needed.iter().map(|(one, commands)| one.suspect(commands)).collect();
    let mut errors: Vec<Option<RouterError>> = vec![None; needed.len()];
    for section in &found {
        for at in culprits(section, &suspects) {
            if let Some(error) = errors.get_mut(at) {
                *error = Some(rejected(section));
            }
        }
    }
    let anyone_named = errors.iter().any(Option::is_some);
    let together = needed.len();
    let (mut rest, mut unclear) = (Vec::new(), Vec::new());
    for (((one, _), error), suspect) in needed.into_iter().zip(errors).zip(&suspects) {
        let about = found.iter().find(|section| section.concerns(suspect));
        match (error, about) {
            (Some(error), _) => one.answer(Err(error)),
            (None, _) if together == 1 => {
                one.answer(Err(about.map_or_else(|| unexplained(message), rejected)))
            }
            (None, Some(section)) if !anyone_named && !may_halve => {
                let told = format!("{} (VyOS did not say which of {together} objects)", section.message);
                let component = section.component.clone();
                one.answer(Err(RouterError::Rejected { component, message: told }));
            }
            (None, Some(_)) if !anyone_named => unclear.push(one),
            (None, _) => rest.push(one),
        }
    }
    let halved = !unclear.is_empty();
    let half = unclear.split_off(unclear.len().div_ceil(2));
    rest.extend(unclear);
    Apart { again: [half, rest].into_iter().filter(|group| !group.is_empty()).collect(), halved }
}

/// Whom a section names, or whom alone it can be about.
fn culprits(section: &Section, suspects: &[Suspect]) -> Vec<usize> {
    let named = section.culprits(suspects);
    if !named.is_empty() {
        return named;
    }
    let concerned: Vec<_> =
        suspects.iter().enumerate().filter(|(_, one)| section.concerns(one)).map(|(at, _)| at).collect();
    if concerned.len() == 1 { concerned } else { Vec::new() }
}

fn rejected(section: &Section) -> RouterError {
    RouterError::Rejected { component: section.component.clone(), message: section.message.clone() }
}

fn unexplained(message: &str) -> RouterError {
    RouterError::Rejected {
        component: None,
        message: message.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
