//! What is wrong with a provider block before anything is connected.

use crate::connection::expand_home;
use crate::connection::router::without_userinfo;
use tfplugin::types::{Lines, Secret};
use tfplugin::{Diagnostics, Path};

/// The endpoints of VyOS' HTTP API, which the provider adds to the address itself.
const ENDPOINTS: [&str; 11] = [
    "configure",
    "configure-section",
    "config-file",
    "container-image",
    "generate",
    "graphql",
    "image",
    "poweroff",
    "reset",
    "retrieve",
    "show",
];

/// Whether a router's API can be at the address.
pub(super) fn router_url(url: &impl AsRef<str>) -> Result<(), String> {
    let url = url.as_ref();
    let shown = without_userinfo(url);
    let parsed = reqwest::Url::parse(url)
        .map_err(|problem| format!("{shown:?} is not a URL such as https://10.0.0.1: {problem}"))?;
    if parsed.scheme() != "https" || !parsed.has_host() {
        return Err(format!(
            "{shown:?} must begin with https:// and name a host: the API key would travel in clear text otherwise"
        ));
    }
    let last = parsed.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match ENDPOINTS.contains(&last) {
        true => Err(format!(
            "{shown:?} is the address of one endpoint of the API. Give the router's address alone, without `/{last}`"
        )),
        false => Ok(()),
    }
}

/// Whether an API server can be at the address.
pub(super) fn api_server_url(url: &Option<String>) -> Result<(), String> {
    let Some(url) = url else { return Ok(()) };
    let shown = without_userinfo(url);
    match reqwest::Url::parse(url) {
        Ok(parsed) if parsed.scheme() == "https" && parsed.has_host() && parsed.username().is_empty() => {
            Ok(())
        }
        _ => Err(format!(
            "{shown:?} is not the https:// address of an API server, such as https://10.0.0.11:16443"
        )),
    }
}

/// Whether it can be a key of VyOS' HTTP API.
pub(super) fn api_key(key: &Option<Secret>) -> Result<(), String> {
    match key.as_ref().is_some_and(|key| key.expose().is_empty()) {
        true => Err("the API accepts no empty key; it is set by `set service https api keys id ... key ...`"
            .to_owned()),
        false => Ok(()),
    }
}

/// Whether it has at least one certificate.
pub(super) fn ca_certificate(text: &Option<Lines>) -> Result<(), String> {
    let Some(Lines(text)) = text else { return Ok(()) };
    match reqwest::Certificate::from_pem_bundle(text.as_bytes()) {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        _ => Err("this is not a certificate in PEM form, which begins with `-----BEGIN CERTIFICATE-----`"
            .to_owned()),
    }
}

/// Whether it can be a private key. What kind of key it is, and whether it is sound, is OpenSSH's to say.
pub(super) fn private_key(key: &Option<Secret>) -> Result<(), String> {
    let Some(key) = key else { return Ok(()) };
    let text = key.expose().trim_start();
    let begin = text.lines().next().unwrap_or_default();
    if begin.starts_with("-----BEGIN ") && begin.trim_end().ends_with("PRIVATE KEY-----") {
        return Ok(());
    }
    let public = ["ssh-", "ecdsa-", "sk-", "-----BEGIN PUBLIC", "---- BEGIN SSH2 PUBLIC"];
    Err(match public.iter().any(|word| begin.starts_with(word)) {
        true => "this is a public key; the private one is in the file without `.pub`",
        false => "this is not a private key, which begins with `-----BEGIN ... PRIVATE KEY-----`",
    }
    .to_owned())
}

/// An error for each file that is not there.
pub(super) fn files_exist(files: &[(Path, String)]) -> Result<(), Diagnostics> {
    let mut missing = Diagnostics::default();
    for (attribute, file) in files {
        if let Err(problem) = std::fs::metadata(expand_home(file)) {
            let detail = format!(
                "{file} cannot be read on the machine that runs Terraform: {problem}. Where the same configuration makes the file, \
                 it is missing while Terraform plans: make it in an apply before this one."
            );
            missing.error_at(attribute.clone(), "Missing file", detail);
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(missing),
    }
}

#[cfg(test)]
mod tests {
    use crate::session::testing::{Served, TestProvider};
    use serde_json::{Value as Json, json};
    use tfplugin::Registry;
    use tfplugin::testing::Harness;

    const SERVER: &str = "https://10.0.0.11:16443";

    struct Nothing;

    impl Served for Nothing {
        fn registry() -> Registry<crate::session::Session> {
            Registry::default()
        }
    }

    /// Where a provider block has errors.
    async fn faults(block: Json) -> Vec<String> {
        match Harness::<TestProvider<Nothing>>::new(&block).await {
            Ok(_) => Vec::new(),
            Err(failure) => failure
                .diagnostics
                .iter()
                .map(|one| one.attribute.as_ref().map(ToString::to_string).unwrap_or_default())
                .collect(),
        }
    }

    #[tokio::test]
    async fn what_can_never_work_is_said_on_its_attribute() {
        let certificate = rcgen::generate_simple_self_signed(["10.0.0.1".to_owned()]).unwrap();
        let (pem, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
        let router = |more: Json| {
            let mut router = json!({"url": "https://10.0.0.1", "api_key": "key"});
            router.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"routers": {"edge": router}})
        };
        for (block, at) in [
            (router(json!({"api_key": ""})), "routers[\"edge\"].api_key"),
            (router(json!({"url": "https://10.0.0.1/retrieve"})), "routers[\"edge\"].url"),
            (router(json!({"url": "https://10.0.0.1/vyos/configure/"})), "routers[\"edge\"].url"),
            (router(json!({"url": "http://10.0.0.1"})), "routers[\"edge\"].url"),
            (router(json!({"ca_certificate": "MIIB"})), "routers[\"edge\"].ca_certificate"),
            (router(json!({"ca_certificate": key})), "routers[\"edge\"].ca_certificate"),
            (json!({"ssh": {"private_key": "ssh-ed25519 AAAA you@here"}}), "ssh.private_key"),
            (json!({"ssh": {"private_key": ""}}), "ssh.private_key"),
            (json!({"ssh": {"private_key": pem}}), "ssh.private_key"),
            (json!({"ssh": {"private_key_file": "/nowhere/id"}}), "ssh.private_key_file"),
            (json!({"ssh": {"config_file": "~/nowhere/config"}}), "ssh.config_file"),
            (json!({"kubernetes": {"config_path": "/nowhere/config"}}), "kubernetes.config_path"),
            (json!({"kubernetes": {"kubeconfig": "apiVersion: v1"}}), "kubernetes.kubeconfig"),
            (json!({"kubernetes": {"host": "10.0.0.11:16443"}}), "kubernetes.host"),
            (json!({"kubernetes": {"host": "http://10.0.0.11:16443"}}), "kubernetes.host"),
            (json!({"kubernetes": {"host": SERVER, "config_path": "/dev/null"}}), "kubernetes.host"),
            (json!({"kubernetes": {"host": SERVER, "config_context": "a"}}), "kubernetes.config_context"),
            (json!({"kubernetes": {"token": "t"}}), "kubernetes.token"),
            (json!({"kubernetes": {"host": SERVER, "client_key": key}}), "kubernetes.client_key"),
            (
                json!({"kubernetes": {"host": SERVER, "client_certificate": pem}}),
                "kubernetes.client_certificate",
            ),
            (
                json!({"kubernetes": {"host": SERVER, "cluster_ca_certificate": key}}),
                "kubernetes.cluster_ca_certificate",
            ),
        ] {
            assert_eq!(faults(block.clone()).await, [at], "{block}");
        }
        let all = json!({"ssh": {"private_key_file": "/nowhere/a", "config_file": "/nowhere/b"}});
        assert_eq!(faults(all).await, ["ssh.private_key_file", "ssh.config_file"]);
        for block in [
            router(json!({"url": "https://name:password@10.0.0.1/vyos/", "ca_certificate": pem})),
            json!({"ssh": {"private_key": format!("\n{key}")}}),
            json!({"ssh": {"private_key_file": "/dev/null"}}),
            json!({"kubernetes": {"host": SERVER, "client_certificate": pem, "client_key": key, "token": "t"}}),
        ] {
            assert_eq!(faults(block.clone()).await, Vec::<String>::new(), "{block}");
        }
    }
}
