//! Taking a refused commit apart, so that the error lands on the writes that caused it.

use super::batch::Needed;
use super::blame::{Section, Suspect, sections};
use super::error::RouterErrorKind;
use super::write::Pending;

/// What is left of a refused commit after those that the refusal names have their error.
#[derive(Default)]
pub(super) struct Split {
    /// Whom a refusal may be about that names nobody, by failed component in VyOS's order, and the error of
    /// those who turn out to be to blame.
    pub(super) unclear: Vec<(Vec<Pending>, RouterErrorKind)>,
    /// All others. What components have committed of them meanwhile is seen when they are tried again.
    pub(super) others: Vec<Pending>,
}

/// Gives the error to the writes that `message` names or that alone it can be about.
pub(super) fn split_refused(message: &str, needed: Vec<Needed>) -> Split {
    let mut found = sections(message);
    if found.is_empty() {
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        found.push(Section { component: None, message });
    }
    let suspects: Vec<_> = needed.iter().map(|(one, commands)| one.suspect(commands)).collect();
    let mut errors: Vec<Option<RouterErrorKind>> = vec![None; needed.len()];
    for section in &found {
        for at in culprits(section, &suspects) {
            if let Some(error) = errors.get_mut(at) {
                *error = Some(rejected(section));
            }
        }
    }
    let anyone_named = errors.iter().any(Option::is_some);
    let mut unclear: Vec<_> = found.iter().map(|section| (Vec::new(), rejected(section))).collect();
    let mut others = Vec::new();
    for (((one, _), error), suspect) in needed.into_iter().zip(errors).zip(&suspects) {
        let about = found.iter().zip(&mut unclear).find(|(section, _)| section.concerns(suspect));
        match (error, about) {
            (Some(error), _) => one.answer(Err(error)),
            (None, Some((_, (those, _)))) if !anyone_named => those.push(one),
            (None, _) => others.push(one),
        }
    }
    unclear.retain(|(those, _)| !those.is_empty());
    // A component of nobody here failed, yet something was refused: it can be about any of them.
    if unclear.is_empty() && !anyone_named {
        let error = found.first().map_or(RouterErrorKind::Cancelled, rejected);
        unclear.push((std::mem::take(&mut others), error));
    }
    Split { unclear, others }
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

fn rejected(section: &Section) -> RouterErrorKind {
    RouterErrorKind::rejected(section.component.clone(), section.message.clone())
}
