//! `metallb_community`.

use super::MetallbObject;
use super::object::{GROUP, HINTS};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::ClusterObject;
use kube::core::DynamicObject;
use serde_json::Value as Json;
use tfplugin::Model;

/// Names for BGP communities, which advertisements then use in place of numbers.
///
/// A name is one for all of MetalLB, whichever of these objects has it. An advertisement with a name that
/// does not exist makes the speakers keep their last configuration, so refer to this resource from the
/// advertisement: it then comes first.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "metallb_community")]
pub struct Community {
    #[attribute(flatten)]
    object: MetallbObject,

    /// The communities and their names.
    #[attribute(required, validate = named_once)]
    communities: Vec<NamedCommunity>,
}

/// A community and its name.
#[derive(Clone, Debug, Model)]
pub struct NamedCommunity {
    /// Name, without `:`.
    #[attribute(required, validate = name)]
    name: String,

    /// The community: `64512:100`, two numbers up to 65535, or `large:64512:1:100`, three numbers up to
    /// 4294967295 (FRR modes).
    #[attribute(required, validate = community_value)]
    value: String,
}

impl ClusterObject for Community {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta1", "Community");
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
}

impl Community {
    /// Whether an object in the cluster has a community of a name.
    pub(super) fn names(object: &DynamicObject, name: &str) -> bool {
        let communities = object.data.pointer("/spec/communities").and_then(Json::as_array);
        let mut names = communities.into_iter().flatten().filter_map(|one| one.get("name")?.as_str());
        names.any(|one| one == name)
    }
}

fn named_once(communities: &[NamedCommunity]) -> Result<(), String> {
    let mut all = communities.iter().enumerate();
    let repeated = all.find(|(at, one)| communities.iter().take(*at).any(|earlier| earlier.name == one.name));
    repeated.map_or(Ok(()), |(_, one)| {
        Err(format!("{:?} names two communities, which MetalLB refuses", one.name))
    })
}

fn name(name: &str) -> Result<(), String> {
    match name.is_empty() || name.contains(':') {
        true => Err(format!("{name:?} is no name: it is empty, or reads like a community")),
        false => Ok(()),
    }
}

/// Whether a text is a standard community or a large one; for `#[attribute(validate = ...)]`.
pub(super) fn community_value(text: &str) -> Result<(), String> {
    let sections: Vec<&str> = text.split(':').collect();
    let sound = match *sections.as_slice() {
        [asn, value] => asn.parse::<u16>().is_ok() && value.parse::<u16>().is_ok(),
        ["large", ref numbers @ ..] if numbers.len() == 3 => {
            numbers.iter().all(|number| number.parse::<u32>().is_ok())
        }
        _ => false,
    };
    match sound {
        true => Ok(()),
        false => Err(format!(
            "{text:?} is no community: use two numbers up to 65535 (64512:100), or `large:` and three numbers up to \
             4294967295 (large:64512:1:100)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communities_of_both_kinds() {
        for good in ["65535:65282", "0:0", "large:4294967295:0:1"] {
            assert_eq!(community_value(good), Ok(()), "{good}");
        }
        for bad in ["65536:1", "1:2:3", "large:1:2", "large:1:2:4294967296", "", "a:b", "no-export"] {
            assert!(community_value(bad).is_err(), "{bad}");
        }
    }
}
