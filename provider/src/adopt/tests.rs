//! What is generated becomes what an author would write.

use super::*;
use crate::provider::Microk8s;

/// As Terraform 1.16 writes it: every null, numbers for labels, secrets hidden.
const GENERATED: &str = r##"# __generated__ by Terraform
# Please review these resources and move them into your main configuration files.

# __generated__ by Terraform
resource "vyos_bgp_neighbor" "neighbor_0" {
  provider     = microk8s
  address      = "10.0.0.11"
  description  = "cp1 # first"
  ipv4_unicast = null
  ipv6_unicast = {
    route_map_export = null
    route_map_import = "LB"
  }
  password            = null # sensitive
  password_wo         = null # sensitive
  password_wo_version = null
  remote_as           = "64512"
  router              = "edge"
}

import {
  to       = vyos_bgp_neighbor.neighbor_0
  provider = microk8s
  identity = {
    address = "10.0.0.11"
    router  = "edge"
  }
}

# __generated__ by Terraform
resource "vyos_bgp" "bgp_0" {
  provider   = microk8s
  router     = "edge"
  router_id  = null
  system_as  = 64512
}

import {
  to       = vyos_bgp.bgp_0
  provider = microk8s
  identity = {
    router = "edge"
  }
}

# __generated__ by Terraform
resource "vyos_route_map" "route_map_0" {
  provider = microk8s
  name     = "LB"
  router   = "edge"
  rules    = {
    "10" = {
      action = "permit"
      match = null
    }
  }
}

import {
  to       = vyos_route_map.route_map_0
  provider = microk8s
  identity = {
    name   = "LB"
    router = "edge"
  }
}

# __generated__ by Terraform
resource "vyos_config" "config_0" {
  provider = microk8s
  config = {
    user = {
      ops = {
        authentication = {
          encrypted-password = "$6$salt$$${hash}"
        }
        full-name = "Operator"
      }
    }
  }
  path   = "system login"
  router = "edge"
}

import {
  to       = vyos_config.config_0
  provider = microk8s
  identity = {
    path   = "system login"
    router = "edge"
  }
}

# __generated__ by Terraform
resource "vyos_config" "config_1" {
  provider = microk8s
  config   = {}
  path     = "protocols bgp neighbor 10.0.0.11 path-attribute"
  router   = "edge"
}

# __generated__ by Terraform
resource "vyos_config" "config_2" {
  provider = microk8s
  config = {
    protocols = {
      static = {
        route-map = "not one that is named here"
      }
    }
    ip = {
      protocol = {
        bgp = {
          route-map = "LB"
        }
      }
    }
  }
  path   = "vrf name blue"
  router = "edge"
}

# __generated__ by Terraform
resource "microk8s_node" "node_0" {
  channel = "1.35/stable"
  host    = "10.0.0.11"
}

import {
  to = microk8s_node.node_0
  identity = {
    host = "10.0.0.11"
  }
}

# __generated__ by Terraform
resource "metallb_bgp_advertisement" "all_0" {
  provider         = microk8s
  cluster          = "10.0.0.11"
  ip_address_pools = ["default-pool", "elsewhere"]
  name             = "default"
}

# __generated__ by Terraform
resource "metallb_ip_address_pool" "all_0" {
  provider  = microk8s
  addresses = ["2001:db8:f000:2::/64"]
  cluster   = "10.0.0.11"
  name      = "default-pool"
}
"##;

#[test]
fn a_generated_file_becomes_one_that_an_author_would_write() {
    let Rewritten { text, secrets, told } = rewrite::<Microk8s>(GENERATED).unwrap();
    assert_eq!(secrets, "system_login_encrypted_password = \"$6$salt$$${hash}\"\n");
    insta::assert_snapshot!(format!("{told}\n{text}"));
    // Nothing is left to do, and nothing is undone.
    let again = rewrite::<Microk8s>(&text).unwrap();
    assert_eq!((again.text.as_str(), again.secrets.as_str()), (text.as_str(), ""));
}

/// Each block, whatever it is, is there afterwards.
#[test]
fn what_is_not_understood_stays_as_it_is() {
    let others = [
        "resource \"random_id\" \"a\" {\n  byte_length = null\n}",
        "# why\noutput \"x\" {\n  value   =   vyos_bgp.bgp_0.system_as\n}",
        "resource \"vyos_bgp\" \"mine\" {\n  system_as = 1 # as agreed\n  router_id = null\n}",
        "resource \"vyos_bgp\" \"guarded\" {\n  system_as = 2\n\n  lifecycle {\n    prevent_destroy = true\n  }\n}",
        "import {\n  to = module.a.vyos_bgp.b\n  id = \"edge\"\n}",
        "import {\n  for_each = toset([\"a\"])\n  to       = vyos_bgp.all[each.key]\n  id       = each.key\n}",
        "locals {\n  a = <<-END\n    # not a comment\n  END\n}",
    ];
    let text = format!("{}\n\n{GENERATED}\n# the end\n", others.join("\n\n"));
    let Rewritten { text: written, told, .. } = rewrite::<Microk8s>(&text).unwrap();
    for other in others {
        assert!(written.contains(&format!("{other}\n")), "{other} is not in\n{written}");
    }
    assert!(written.ends_with("\n# the end\n"), "{written}");
    // The output refers to it.
    assert!(written.contains("resource \"vyos_bgp\" \"bgp_0\" {"), "{written}");
    assert_eq!(told.matches("Left as it is: ").count(), others.len(), "{told}");
    assert_eq!(written.matches("\nimport {").count(), text.matches("\nimport {").count());
    assert_eq!(written.matches("\nresource ").count(), text.matches("resource \"").count() - 1);
}

/// Two that name each other, and two of one name.
#[test]
fn no_circle_is_made_and_no_guess() {
    let object = |type_name: &str, label: &str, name: &str, other: &str| {
        format!(
            "resource \"{type_name}\" \"{label}\" {{\n  router = \"edge\"\n  name = \"{name}\"\n  description = \"{other}\"\n}}\n"
        )
    };
    let registry = Microk8s::registry();
    let schemas: BTreeMap<&'static str, &Schema> = registry.resources().collect();
    let reference = |of, to| AttributeReference {
        of,
        at: vec!["description"],
        to,
        attribute: "name",
        within: &["router"],
    };
    let both =
        [reference("vyos_prefix_list", "vyos_route_map"), reference("vyos_route_map", "vyos_prefix_list")];
    let written = |text: &str| {
        let mut document = Document::read(text, |name| schemas.contains_key(name)).unwrap();
        let count = references::refer(&mut document, &both, &schemas, |_| None);
        (count, document.write(&[]))
    };
    let (list, map) = (object("vyos_prefix_list", "a", "A", "B"), object("vyos_route_map", "b", "B", "A"));
    let (count, text) = written(&format!("{list}{map}"));
    assert!(count == 1 && text.contains("description = vyos_route_map.b.name"), "{text}");
    let (count, text) = written(&format!("{list}{map}{}", object("vyos_route_map", "again", "B", "")));
    assert!(count == 1 && text.contains("description = \"B\""), "{text}");
    let (count, text) = written(&format!("{list}{}", map.replace("edge", "core")));
    assert_eq!(count, 0, "{text}");
}

#[test]
fn what_is_no_configuration_is_refused_with_its_place() {
    for broken in ["resource \"a\" {", "a = \n", "resource vyos_bgp", "\u{0}"] {
        let why = rewrite::<Microk8s>(broken).err().unwrap();
        assert!(why.starts_with("line "), "{why}");
    }
    let deep = format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert!(rewrite::<Microk8s>(&deep).is_err());
    assert_eq!(rewrite::<Microk8s>("").unwrap().text, "");
}

#[test]
fn a_file_is_replaced_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adopted.tf");
    std::fs::write(&path, GENERATED).unwrap();
    let told = adopt::<Microk8s>(&path).unwrap();
    let variables = folder.path().join("adopted.secret.auto.tfvars");
    assert!(told.contains(&variables.display().to_string()), "{told}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&variables).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("$6$salt"));

    // Secrets of before are never written over; nothing is lost then.
    std::fs::write(&path, GENERATED).unwrap();
    let refused = adopt::<Microk8s>(&path).unwrap_err();
    assert!(refused.contains("Nothing was changed"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), GENERATED);

    let source = Source::read(&path).unwrap();
    std::fs::write(&path, "# changed meanwhile\n").unwrap();
    let refused = source.replace("").unwrap_err();
    assert!(refused.contains("changed while it was read"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# changed meanwhile\n");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);

    std::fs::write(&path, "resource {{").unwrap();
    assert!(adopt::<Microk8s>(&path).unwrap_err().contains("It is as it was"));
}
