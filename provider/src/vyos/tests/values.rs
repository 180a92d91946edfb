//! What the provider takes as a value against what VyOS takes: every attribute of every type, at the bounds
//! that VyOS' tree gives it and with values of every other kind. A type joins by being declared, a field by
//! being an attribute of it.

use super::declarations::{Declared, declared};
use crate::engine::router_config::{Field, Kind, ValueFormat};
use serde_json::{Map, Value as Json, json};
use tfplugin::schema::{Attribute, AttributeKind, Mode};
use tfplugin::testing::Harness;
use tfplugin::value::Type;
use tfplugin::{Path, Severity};
use vyos_stand_in::{SetRules, Version};

/// Tried on every leaf and key, with commas between them. The first that VyOS takes stands where something is
/// required.
const VALUES: &str = "0.0.0.0/0, ::/0, 0, 1, 007, 65001, 65536, 4294967294, 4294967295, 4294967296, +5, -5, A, A.B, A+B, \
    .A, -A, a b, a:b, a/b, it's, ü, 192.0.2.1, 2001:db8::1, eth0, eth0.10, lo, 192.0.2.01, \
    192.0.2.0/24, 192.0.2.1/24, 192.0.2.1/32, 2001:DB8:0::1, 2001:db8::/32, 2001:DB8::/32, \
    2001:db8::1/32, fe80::1, ::ffff:192.0.2.1, ::ffff:0.0.0.0/96, 64:ff9b::192.0.2.1, 64512:1, \
    65535:65535, 65535:65536, 65535:4294967295, 65536:1, 4200000000:1, 1:2:3, 1:2:4294967296, \
    192.0.2.1:65535, 192.0.2.1:65536, 64512 64513, 64512 0, 64512 4294967295, all, no-export, internet, \
    route-filter-translated-v6, permit, permits, internal, external, enable, rtt, +rtt, unchanged, \
    peer-address, kernel, ospfv3";
/// Lengths of names and secrets that are tried.
const LENGTHS: &[usize] = &[8, 9, 16, 17, 80, 81, 255, 256];

/// An attribute by the end of its path without keys, what is tried on it, and why the provider may differ
/// from the tree.
type Exception = (&'static [&'static str], fn(&str) -> bool, &'static str);

/// What the provider refuses although the tree takes it.
const STRICTER: &[Exception] = &[
    (&["timers.holdtime"], |value| ["1", "2"].contains(&value), "FRR refuses it"),
    (&["timers.connect"], |value| value == "0", "FRR refuses it"),
    (
        &["password"],
        |value| value.len() > 80 || value.contains(' '),
        "FRR takes 80 bytes, protocols_bgp.py no blanks",
    ),
    (&["description"], |value| value.is_empty(), "no value at all"),
    (
        &["address"],
        |value| value.starts_with("eth") || value == "lo",
        "a neighbor by interface is none of this type",
    ),
    (&["redistribute"], |value| value == "table", "a leaf of 1.4, not a tag"),
    (&["areas", "interfaces.area"], |value| value.contains(':'), "ip-address lets IPv6 pass, FRR refuses it"),
    (
        &[
            "profile",
            "call",
            "as_path",
            "community",
            "community_delete",
            "filter_list_import",
            "filter_list_export",
            "ip_next_hop_prefix_list",
            "ipv6_access_list",
        ],
        |value| value.contains(' '),
        "the tree takes anything; FRR reads two words",
    ),
    (
        &[
            "ip_prefix_list",
            "ipv6_prefix_list",
            "ipv6_next_hop_prefix_list",
            "extcommunity",
            "large_community",
            "large_community_delete",
            "peer_group",
        ],
        |value| !value.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
        "the script asks for the list or group, which can have no such name",
    ),
    (
        &[
            "route_map_import",
            "route_map_export",
            "vyos_ospf.redistribute.route_map",
            "vyos_ospf.default_information.route_map",
            "vyos_ospfv3.redistribute.route_map",
            "vyos_ospfv3.default_information.route_map",
        ],
        |value| value.contains('.'),
        "the script finds no route-map with a dot",
    ),
    (&["continue", "on_match_goto"], |value| ["0", "1"].contains(&value), "not above its own rule"),
    (&["continue"], |value| value.parse::<u16>().is_err(), "the tree takes anything; FRR takes 1 to 65535"),
    (
        &["ip_access_list", "redistribute.metric"],
        |value| value.parse::<u32>().is_err(),
        "the tree takes anything; FRR's numbers have 32 bits",
    ),
    (
        &["community", "community_add"],
        |value| value == "internet",
        "1.5 has no such name any more; what it means is 0:0",
    ),
    (&["next_hops"], |value| value.starts_with("fe80"), "FRR asks for the interface of a link-local address"),
];

/// What the provider takes although the tree refuses it.
const LAXER: &[Exception] = &[(
    &["interface", "interfaces", "update_source"],
    |_| true,
    "interface names are those of VyOS, and all that the kernel has",
)];

#[tokio::test]
async fn every_check_is_that_of_the_tree() {
    let run = Harness::<super::Routing>::new(&json!({})).await.unwrap();
    let rules = [Version::V1_4, Version::V1_5].map(|version| SetRules::new(version).unwrap());
    let mut bench = Bench { run, rules, type_name: "", tried: 0, differences: Vec::new() };
    for one in declared().iter().filter(|one| one.name != "vyos_config") {
        bench.of_type(one);
    }
    assert!(bench.differences.is_empty(), "{}", bench.differences.join("\n"));
    assert!(bench.tried > 5_000, "{} values were tried", bench.tried);
}

struct Bench {
    run: Harness<super::Routing>,
    rules: [SetRules; 2],
    type_name: &'static str,
    tried: usize,
    differences: Vec<String>,
}

/// Where an object of attributes is: on the router, in the configuration, and as attributes without keys.
struct Place<'a> {
    words: Vec<String>,
    path: Path,
    name: String,
    /// The whole configuration around it.
    around: &'a dyn Fn(Json) -> Json,
}

impl Bench {
    fn of_type(&mut self, one: &Declared) {
        self.type_name = one.name;
        let component: Vec<String> = one.layout.component.iter().map(|word| (*word).to_owned()).collect();
        let own = |words: Vec<String>| Place {
            words,
            path: Path::root(),
            name: one.name.to_owned(),
            around: &|object| object,
        };
        let Some(tag) = &one.layout.tag else {
            self.fields(one.layout.fields, &one.attributes, &own(component));
            return;
        };
        for node in [Some(tag.node), tag.node_of_ipv6].into_iter().flatten() {
            let is_ipv6 = |word: &str| word.contains(':');
            let at: Vec<_> =
                component.iter().cloned().chain(node.iter().map(|word| (*word).to_owned())).collect();
            // Keys of the other family have a node of their own.
            let keys: Vec<_> = self
                .values(&at)
                .into_iter()
                .filter(|key| tag.node_of_ipv6.is_none_or(|ipv6| is_ipv6(key) == (node == ipv6)))
                .collect();
            let place = own(at.clone());
            for key in &keys {
                let object = json!({tag.attribute: key});
                self.compare(&place, tag.attribute, tag.form, key, &at, object);
            }
            let key = keys.iter().find(|key| self.takes(&at, key)).unwrap().clone();
            let below = [at, vec![key.clone()]].concat();
            let with_key = |mut object: Json| {
                object[tag.attribute] = json!(key);
                object
            };
            let place = Place { around: &with_key, ..own(below) };
            self.fields(one.layout.fields, &one.attributes, &place);
        }
    }

    fn fields(&mut self, fields: &'static [Field], attributes: &[Attribute], place: &Place<'_>) {
        let base = self.required(fields, attributes, &place.words);
        for field in fields {
            let name = field.attribute;
            let attribute = attributes.iter().find(|one| one.name == name).unwrap();
            let words = [place.words.clone(), owned(field.path)].concat();
            let with = |value: Json| {
                let mut object = base.clone();
                object.insert(name.to_owned(), value);
                Json::Object(object)
            };
            match (field.kind, &attribute.kind) {
                (Kind::Leaf(form), kind) => {
                    for value in self.values(&words) {
                        let Some(given) = as_given(kind, &value) else { continue };
                        self.compare(place, name, form, &value, &words, with(given));
                    }
                }
                (Kind::MultiLeaf(form), _) => {
                    for value in self.values(&words) {
                        self.compare(place, name, form, &value, &words, with(json!([value])));
                    }
                }
                (Kind::PresenceNode(members) | Kind::Node(members), AttributeKind::Nested(_, inner)) => {
                    let around = |object: Json| (place.around)(with(object));
                    let path = place.path.clone().attribute(name);
                    let below =
                        Place { words, path, name: format!("{}.{name}", place.name), around: &around };
                    self.fields(members, inner, &below);
                }
                (Kind::TagNode(form, members), AttributeKind::Nested(_, inner)) => {
                    let keys = self.values(&words);
                    let good = keys.iter().find(|key| self.takes(&words, key)).unwrap().clone();
                    let below = [words.clone(), vec![good.clone()]].concat();
                    let one = self.required(members, inner, &below);
                    for key in &keys {
                        self.compare(place, name, form, key, &words, with(json!({key: one})));
                    }
                    let around = |object: Json| (place.around)(with(json!({good.as_str(): object})));
                    let below = Place {
                        words: below,
                        path: place.path.clone().attribute(name).key(&good),
                        name: format!("{}.{name}", place.name),
                        around: &around,
                    };
                    self.fields(members, inner, &below);
                }
                _ => {}
            }
        }
    }

    /// What has to be there, with the first value that VyOS takes.
    fn required(&self, fields: &[Field], attributes: &[Attribute], words: &[String]) -> Map<String, Json> {
        let required = attributes.iter().filter(|one| one.mode == Mode::Required);
        let fields =
            required.filter_map(|one| Some((one, fields.iter().find(|field| field.attribute == one.name)?)));
        let values = fields.map(|(attribute, field)| {
            let words = [words, &owned(field.path)].concat();
            let mut values = self.values(&words).into_iter().filter(|value| self.takes(&words, value));
            let value = values.find_map(|value| as_given(&attribute.kind, &value));
            (attribute.name.clone(), value.unwrap_or(Json::Null))
        });
        values.collect()
    }

    fn values(&self, words: &[String]) -> Vec<String> {
        let known = self.rules.iter().flat_map(|rules| rules.samples(words));
        let lengths = LENGTHS.iter().map(|length| "x".repeat(*length));
        let mut all: Vec<String> = VALUES.split(", ").map(str::to_owned).chain(lengths).collect();
        known.for_each(|value| {
            if !all.contains(&value) {
                all.push(value)
            }
        });
        all
    }

    /// Whether any release takes the value there.
    fn takes(&self, words: &[String], value: &str) -> bool {
        let path = [words, &[value.to_owned()]].concat();
        self.rules.iter().any(|rules| rules.check(&path).is_ok())
    }

    fn compare(
        &mut self,
        place: &Place<'_>,
        attribute: &str,
        form: ValueFormat,
        value: &str,
        words: &[String],
        object: Json,
    ) {
        self.tried += 1;
        let at = place.path.clone().attribute(attribute);
        let found = self.run.validate(self.type_name, &(place.around)(object)).unwrap();
        let about_it = |path: &Path| path.steps().starts_with(at.steps());
        let mut faults = found.iter().filter(|one| one.severity == Severity::Error);
        let fault = faults.find(|one| one.attribute.as_ref().is_some_and(about_it));
        let name = format!("{}.{attribute}", place.name);
        let excepted = |exceptions: &[Exception]| {
            let here = |end: &&str| name == **end || name.ends_with(&format!(".{end}"));
            exceptions.iter().any(|(ends, which, _)| ends.iter().any(here) && which(value))
        };
        // What is sent is one spelling, whichever is written.
        let sent = form.canonical(value);
        let difference = match fault {
            Some(fault) if self.takes(words, value) && !excepted(STRICTER) => {
                format!("is refused and should not be: {}", fault.detail)
            }
            None if !self.takes(words, &sent) && !excepted(LAXER) => {
                format!("passes, and VyOS refuses {sent:?}")
            }
            _ => return,
        };
        self.differences.push(format!("{name}: {value:?} {difference}"));
    }
}

/// The value in a configuration; none where the attribute's type has no such value.
fn as_given(kind: &AttributeKind, value: &str) -> Option<Json> {
    match kind {
        AttributeKind::Type(Type::Number) => {
            let number: u64 = value.parse().ok()?;
            (number.to_string() == value).then(|| json!(number))
        }
        _ => Some(json!(value)),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
