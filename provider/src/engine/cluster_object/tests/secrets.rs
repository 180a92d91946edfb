//! No message repeats a secret that the API server quotes, in whichever form it does. Every type in a cluster
//! that has a sensitive attribute is in the one table here.

use super::super::testing::with;
use super::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeSet;
use tfplugin::provider::Provider;

/// What programs quote differently.
const SECRET: &str = "pl<an>ted\\ \"pass'word";

/// A type, and a configuration that holds the secret.
fn table() -> Vec<(&'static str, Json)> {
    let secret =
        |more| with(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "edge"}}), more);
    vec![
        (
            "metallb_bgp_peer",
            json!({"name": "edge", "my_asn": 1, "peer_asn": 2, "peer_address": "10.0.0.1", "password": SECRET}),
        ),
        (
            "metallb_bgp_peer",
            json!({
                "name": "edge", "my_asn": 1, "peer_asn": 2, "peer_address": "10.0.0.1", "password_wo": SECRET,
                "password_wo_version": 1,
            }),
        ),
        ("microk8s_object", json!({"manifest": secret(json!({})), "secret_data": {"key": SECRET}})),
        (
            "microk8s_object",
            json!({"manifest": secret(json!({})), "secret_data_wo": {"key": SECRET}, "secret_data_wo_version": 1}),
        ),
        (
            "microk8s_object",
            json!({"manifest": secret(json!({"data": {"key": BASE64_STANDARD.encode(SECRET)}}))}),
        ),
    ]
}

#[test]
fn every_type_with_a_secret_is_in_the_table() {
    let types = ClusterTypes::registry();
    let has =
        |schema: &tfplugin::schema::Schema, name: &str| schema.attributes.iter().any(|one| one.name == name);
    let secret = types.resources().filter(|(_, schema)| {
        has(schema, "cluster") && !has(schema, "host") && schema.attributes.iter().any(|one| one.sensitive)
    });
    let listed: BTreeSet<_> = table().into_iter().map(|(name, _)| name).collect();
    assert_eq!(secret.map(|(name, _)| name).collect::<BTreeSet<_>>(), listed);
}

#[tokio::test]
async fn a_refusal_that_quotes_a_secret_is_told_without_it() {
    let quoted = serde_json::to_string(SECRET).unwrap();
    let go = quoted.replace('<', "\\u003c").replace('>', "\\u003e");
    let encoded = BASE64_STANDARD.encode(SECRET);
    let forms = [SECRET.to_owned(), quoted.clone(), go, serde_json::to_string(&quoted).unwrap(), encoded];
    for (type_name, config) in table() {
        for form in &forms {
            let answers = [
                (422, format!("Invalid value: {form}: must be shorter")),
                (403, format!("admission webhook \"x\" denied the request: {form} is not allowed")),
                (500, format!("Internal error occurred: cannot store {form}")),
            ];
            // The last one passes, and is waited for: once is enough.
            let tried = if *form == SECRET { 3 } else { 2 };
            for (code, answer) in answers.into_iter().take(tried) {
                let server = ApiServer::start().await;
                server.world().serve("/api/v1", "Secret", "secrets", Some("default"));
                let run = run(&server).await;
                let config = with(config.clone(), json!({"timeouts": {"create": "1s"}}));
                server.world().say(1, "PATCH dryRun", code, &answer);
                let told = match run.plan(type_name, None, &config).await {
                    Ok(planned) => {
                        server.world().say(usize::MAX, "PATCH force=true", code, &answer);
                        let failure = run.apply(&planned).await.unwrap_err();
                        format!("{:?}{failure}", planned.diagnostics)
                    }
                    Err(failure) => failure.to_string(),
                };
                let place = format!("{type_name}, {code}");
                assert!(told.contains("(secret)"), "{place}: {told}");
                for trace in ["ted\\", "pass'word", "ted&", &forms[4]] {
                    assert!(!told.contains(trace), "{place}, {form}: {told}");
                }
            }
        }
    }
}
