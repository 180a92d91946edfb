//! What cloud-init makes of a virtual machine's user data.

use lab::Secret;
use lab::hypervisor::Image;
use serde::Deserialize;

/// The user whom Ubuntu's cloud images have.
const DEFAULT_USER: &str = "ubuntu";
/// What a guest agent is called as a package.
const AGENT: &str = "qemu-guest-agent";

/// The part of a `#cloud-config` that is played.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct UserData {
    pub(super) hostname: Option<String>,
    users: Vec<User>,
    ssh_authorized_keys: Vec<String>,
    ssh_keys: HostKeys,
    packages: Vec<serde_json::Value>,
    vyos_config_commands: Vec<Secret>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HostKeys {
    ed25519_private: Option<Secret>,
}

/// `default` is a user too.
#[derive(Deserialize)]
#[serde(untagged)]
enum User {
    Known(String),
    Described {
        name: String,
        #[serde(default)]
        ssh_authorized_keys: Vec<String>,
    },
}

impl UserData {
    /// Reads a snippet. One that does not begin with `#cloud-config` is passed over, as cloud-init does it.
    pub(super) fn read(snippet: &str) -> Result<UserData, String> {
        if snippet.lines().next().map(str::trim_end) != Some("#cloud-config") {
            return Ok(UserData::default());
        }
        serde_saphyr::from_str(snippet)
            .map_err(|error| format!("cloud-init cannot read its user data: {error}"))
    }

    /// What the server makes by itself of a block `user_account`.
    pub(super) fn of_account(keys: &[String]) -> UserData {
        UserData { ssh_authorized_keys: keys.to_vec(), ..UserData::default() }
    }

    /// Whether the guest has an agent: VyOS brings it, Ubuntu's cloud images do not.
    pub(super) fn has_agent(&self, image: &str) -> bool {
        is_vyos(image) || self.packages.iter().any(|package| package == AGENT)
    }

    /// What is on the disk that was imported from the volume `image`, after the first boot.
    pub(super) fn image(self, image: &str) -> Image {
        if is_vyos(image) {
            return Image::Vyos { commands: self.vyos_config_commands };
        }
        // The keys at the top are those of the default user, where there is one.
        let has_default = self.users.is_empty()
            || self.users.iter().any(|user| matches!(user, User::Known(name) if name == "default"));
        let of_user = self.users.into_iter().filter_map(|user| match user {
            User::Described { name, ssh_authorized_keys } if name == DEFAULT_USER => {
                Some(ssh_authorized_keys)
            }
            _ => None,
        });
        let mut authorized_keys: Vec<_> = of_user.flatten().collect();
        if has_default {
            authorized_keys.extend(self.ssh_authorized_keys);
        }
        Image::Ubuntu { host_key: self.ssh_keys.ed25519_private, authorized_keys }
    }
}

fn is_vyos(image: &str) -> bool {
    image.to_lowercase().contains("vyos")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "#cloud-config
hostname: cp1
users:
  - default
  - {name: ubuntu, ssh_authorized_keys: [ssh-ed25519 AAAA1]}
  - {name: other, ssh_authorized_keys: [ssh-ed25519 AAAA2]}
ssh_authorized_keys: [ssh-ed25519 AAAA3]
ssh_keys: {ed25519_private: \"-----BEGIN\\n\"}
packages: [qemu-guest-agent, [libssl3, \"1\"]]
";

    #[test]
    fn a_nodes_keys_and_agent_come_from_the_snippet() {
        let read = UserData::read(NODE).unwrap();
        assert_eq!(read.hostname.as_deref(), Some("cp1"));
        assert!(read.has_agent("local:import/noble.qcow2"));
        let Image::Ubuntu { host_key, authorized_keys } = read.image("local:import/noble.qcow2") else {
            panic!()
        };
        assert_eq!(host_key.unwrap().reveal(), "-----BEGIN\n");
        assert_eq!(authorized_keys, ["ssh-ed25519 AAAA1", "ssh-ed25519 AAAA3"]);
    }

    #[test]
    fn what_is_no_cloud_config_is_passed_over_and_a_broken_one_is_told() {
        let read = UserData::read(&NODE.replace("#cloud-config", "# cloud config")).unwrap();
        assert!(read.hostname.is_none() && !read.has_agent("noble"));
        assert!(UserData::read("#cloud-config\nusers: {").is_err());
    }

    #[test]
    fn a_router_takes_commands() {
        let read = UserData::read("#cloud-config\nvyos_config_commands: [set a, set b]\n").unwrap();
        assert!(read.has_agent("local:import/vyos-1.4.qcow2"));
        let Image::Vyos { commands } = read.image("local:import/vyos-1.4.qcow2") else { panic!() };
        assert_eq!(commands.iter().map(Secret::reveal).collect::<Vec<_>>(), ["set a", "set b"]);
    }
}
