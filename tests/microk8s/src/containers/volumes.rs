//! A pod's volumes as directories of the node. What comes from the API is written again when it changes
//! there.

use super::PodContext;
use super::environment::{config_map, field_of, secret_data};
use crate::failure::{Failure, Result, Tried};
use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, KeyToPath, ServiceAccountTokenProjection, Volume, VolumeProjection,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const MODE: i32 = 0o644;
/// Tokens are asked for an hour, and again in time before that has passed.
const TOKEN_SECONDS: i64 = 3607;
const TOKEN_AGE: Duration = Duration::from_secs(45 * 60);

/// A file of a volume.
struct File {
    content: Vec<u8>,
    mode: i32,
}

/// Where a volume is on the node.
pub(crate) fn place(context: &PodContext, volume: &Volume) -> PathBuf {
    match &volume.host_path {
        Some(host) => PathBuf::from(&host.path),
        None => context.directory.join("volumes").join(&volume.name),
    }
}

/// Brings a volume to the state that the API has.
pub(crate) async fn prepare(context: &PodContext, volume: &Volume) -> Result<()> {
    let place = place(context, volume);
    let explain = |failure: Failure| {
        Failure::new(format!("MountVolume.SetUp failed for volume \"{}\" : {failure}", volume.name))
    };
    let create = || std::fs::create_dir_all(&place).tried(|| format!("Cannot make {}", place.display()));
    if let Some(host) = &volume.host_path {
        let make = host.type_.as_deref().unwrap_or_default().ends_with("OrCreate");
        return if place.exists() || !make { Ok(()) } else { create() };
    }
    if volume.empty_dir.is_some() {
        create()?;
        let open = std::fs::Permissions::from_mode(0o777);
        return std::fs::set_permissions(&place, open).tried(|| format!("Cannot open {}", place.display()));
    }
    let files = files(context, volume, &place).await.map_err(explain)?;
    create()?;
    write(&place, &files)
}

async fn files(context: &PodContext, volume: &Volume, place: &Path) -> Result<BTreeMap<String, File>> {
    if let Some(map) = &volume.config_map {
        let found = config_map(context, &map.name, map.optional).await?;
        return Ok(choose(bytes(found), map.items.as_deref(), map.default_mode));
    }
    if let Some(secret) = &volume.secret {
        let name = secret.secret_name.as_deref().unwrap_or_default();
        let found = secret_data(context, name, secret.optional).await?;
        let found = found.into_iter().map(|(key, value)| (key, value.0)).collect();
        return Ok(choose(found, secret.items.as_deref(), secret.default_mode));
    }
    if let Some(downward) = &volume.downward_api {
        return downward_files(context, downward.items.as_deref(), downward.default_mode);
    }
    if let Some(projected) = &volume.projected {
        let mut files = BTreeMap::new();
        for source in projected.sources.iter().flatten() {
            files.extend(project(context, source, projected.default_mode, place).await?);
        }
        return Ok(files);
    }
    Err(Failure::new("this kind of volume is not in this lab"))
}

async fn project(
    context: &PodContext,
    source: &VolumeProjection,
    mode: Option<i32>,
    place: &Path,
) -> Result<BTreeMap<String, File>> {
    if let Some(token) = &source.service_account_token {
        return token_file(context, token, mode, place).await;
    }
    if let Some(map) = &source.config_map {
        let found = config_map(context, &map.name, map.optional).await?;
        return Ok(choose(bytes(found), map.items.as_deref(), mode));
    }
    if let Some(secret) = &source.secret {
        let found = secret_data(context, &secret.name, secret.optional).await?;
        let found = found.into_iter().map(|(key, value)| (key, value.0)).collect();
        return Ok(choose(found, secret.items.as_deref(), mode));
    }
    if let Some(downward) = &source.downward_api {
        return downward_files(context, downward.items.as_deref(), mode);
    }
    Err(Failure::new("this source of a projected volume is not in this lab"))
}

/// The token that is there, or a new one where it gets old.
async fn token_file(
    context: &PodContext,
    token: &ServiceAccountTokenProjection,
    mode: Option<i32>,
    place: &Path,
) -> Result<BTreeMap<String, File>> {
    let path = place.join(&token.path);
    let written = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    let age = written.and_then(|written| SystemTime::now().duration_since(written).ok());
    let content = match std::fs::read(&path) {
        Ok(content) if age.is_some_and(|age| age < TOKEN_AGE) => content,
        _ => {
            let (namespace, account) = (context.namespace(), context.service_account());
            let url = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
            let metadata = &context.pod.metadata;
            let bound =
                json!({"apiVersion": "v1", "kind": "Pod", "name": metadata.name, "uid": metadata.uid});
            let audiences: Vec<&String> = token.audience.iter().collect();
            let seconds = token.expiration_seconds.unwrap_or(TOKEN_SECONDS).max(TOKEN_SECONDS);
            let request = json!({
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound},
            });
            let answer = context.api.post(&url, &request).await?.unwrap_or_default();
            let token = answer.pointer("/status/token").and_then(|token| token.as_str());
            let token = token.tried(|| format!("there is no service account {account} in {namespace}"))?;
            token.as_bytes().to_vec()
        }
    };
    Ok(BTreeMap::from([(token.path.clone(), File { content, mode: mode.unwrap_or(MODE) })]))
}

fn downward_files(
    context: &PodContext,
    items: Option<&[DownwardAPIVolumeFile]>,
    mode: Option<i32>,
) -> Result<BTreeMap<String, File>> {
    let file = |item: &DownwardAPIVolumeFile| {
        let path = item.field_ref.as_ref().map(|field| field.field_path.as_str()).unwrap_or_default();
        let content = field_of(context, path)?.into_bytes();
        Ok((item.path.clone(), File { content, mode: item.mode.or(mode).unwrap_or(MODE) }))
    };
    items.unwrap_or_default().iter().map(file).collect()
}

fn bytes(texts: BTreeMap<String, String>) -> BTreeMap<String, Vec<u8>> {
    texts.into_iter().map(|(key, text)| (key, text.into_bytes())).collect()
}

/// All keys as files, or those that are chosen, under the names that are chosen for them.
fn choose(
    mut found: BTreeMap<String, Vec<u8>>,
    items: Option<&[KeyToPath]>,
    mode: Option<i32>,
) -> BTreeMap<String, File> {
    let default = mode.unwrap_or(MODE);
    match items {
        None => found.into_iter().map(|(key, content)| (key, File { content, mode: default })).collect(),
        Some(items) => items
            .iter()
            .filter_map(|item| {
                let content = found.remove(&item.key)?;
                Some((item.path.clone(), File { content, mode: item.mode.unwrap_or(default) }))
            })
            .collect(),
    }
}

/// Writes what differs, so that whoever watches a file sees it replaced as a whole, and removes what is no
/// more.
fn write(place: &Path, files: &BTreeMap<String, File>) -> Result<()> {
    for (name, file) in files {
        let path = place.join(name);
        if std::fs::read(&path).is_ok_and(|content| content == file.content) {
            continue;
        }
        let failed = || format!("Cannot write {}", path.display());
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).tried(failed)?;
        }
        let new = place.join(format!("..{}", name.replace('/', "_")));
        std::fs::write(&new, &file.content).tried(failed)?;
        let mode = std::fs::Permissions::from_mode(u32::try_from(file.mode).unwrap_or_default());
        std::fs::set_permissions(&new, mode).tried(failed)?;
        std::fs::rename(&new, &path).tried(failed)?;
    }
    for entry in std::fs::read_dir(place).tried(|| format!("Cannot list {}", place.display()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kept = files.keys().any(|file| file.split('/').next() == Some(name.as_str()));
        if !kept {
            crate::layout::remove(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_follows_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| File { content: text.into(), mode: 0o600 };
        let listed = || {
            let mut names: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        write(folder.path(), &BTreeMap::from([("a".into(), file("1")), ("b/c".into(), file("2"))])).unwrap();
        assert_eq!(listed(), ["a", "b"]);
        assert_eq!(std::fs::metadata(folder.path().join("a")).unwrap().permissions().mode() & 0o777, 0o600);
        write(folder.path(), &BTreeMap::from([("a".into(), file("3"))])).unwrap();
        assert_eq!(listed(), ["a"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("a")).unwrap(), "3");
    }

    #[test]
    fn chosen_keys_have_the_names_and_modes_that_are_chosen() {
        let found = BTreeMap::from([("a".to_owned(), vec![1]), ("b".to_owned(), vec![2])]);
        let items = [KeyToPath { key: "a".into(), path: "sub/x".into(), mode: Some(0o400) }];
        let chosen = choose(found.clone(), Some(&items), None);
        assert_eq!(
            chosen.iter().map(|(name, file)| (name.as_str(), file.mode)).collect::<Vec<_>>(),
            [("sub/x", 0o400)]
        );
        assert_eq!(choose(found, None, None).len(), 2);
    }
}
