//! States that earlier versions of the provider stored are read, upgraded and planned without a change.
//!
//! `states/ecc5e1d` holds one of every type as terraform stored it in the lab (the acceptance tests of that
//! commit) before states had versions: what stood under `instances` in `terraform.tfstate`, with the
//! addresses of nodes changed to this machine's, and the arguments that the configuration gave. None of the
//! targets answers here, so that what the states say is all that is known.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value as Json, json};
use std::path::Path;
use terraform_provider_microk8s::provider::Microk8s;
use tfplugin::Severity;
use tfplugin::testing::{Action, Harness};

/// How many types there were.
const TYPES: usize = 24;

#[tokio::test]
async fn of_every_type_at_ecc5e1d_are_read_upgraded_and_planned_without_a_change() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/states/ecc5e1d");
    let nowhere = json!({ "url": "https://127.0.0.1:1", "api_key": "none" });
    let block = json!({ "ssh": { "port": 1, "config_file": "/dev/null" }, "routers": { "edge": nowhere } });
    let provider = Harness::<Microk8s>::new(&block).await.unwrap();
    let mut names: Vec<String> = std::fs::read_dir(folder.as_path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), TYPES, "{names:?}");
    for name in names {
        let stored: Json =
            serde_json::from_str(&std::fs::read_to_string(folder.join(&name)).unwrap()).unwrap();
        let type_name = name.strip_suffix(".json").unwrap();
        let private = BASE64_STANDARD.decode(stored["private"].as_str().unwrap_or_default()).unwrap();
        let version = stored["schema_version"].as_i64().unwrap();
        let state = provider.stored(type_name, version, &stored["attributes"], &private).unwrap();
        let (read, found) = provider.read(&state).await.unwrap();
        assert!(found.iter().all(|one| one.severity == Severity::Warning), "{type_name}: {found:?}");
        let read = read.unwrap_or_else(|| panic!("{type_name} was dropped from the state"));
        assert_eq!(read.object, state.object, "{type_name}");
        assert!(state.identity.is_null() && !read.identity.is_null(), "{type_name} has no identity yet");
        let planned = provider.plan(type_name, Some(&read), &stored["config"]).await.unwrap();
        assert_eq!(planned.action, Action::NoOp, "{type_name}: {:#?}\n{:#?}", read.object, planned.object);
        provider.plan_destroy(&read).await.unwrap();
    }
}
