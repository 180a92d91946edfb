//! A container's environment: from the pod, from config maps and secrets, and what every pod is told about
//! the API.

use super::PodContext;
use crate::failure::{Failure, Result};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar, EnvVarSource, Secret};
use std::collections::BTreeMap;
use std::net::IpAddr;

const KUBERNETES: &str = "/api/v1/namespaces/default/services/kubernetes";

/// The variables of a container, in the order in which they count.
pub(crate) async fn of(context: &PodContext, container: &Container) -> Result<Vec<(String, String)>> {
    let mut variables = vec![("HOSTNAME".to_owned(), context.hostname())];
    variables.extend(api_server(context).await?);
    for source in container.env_from.iter().flatten() {
        let prefix = source.prefix.clone().unwrap_or_default();
        let found = if let Some(map) = &source.config_map_ref {
            config_map(context, &map.name, map.optional).await?
        } else if let Some(secret) = &source.secret_ref {
            texts(secret_data(context, &secret.name, secret.optional).await?)
        } else {
            BTreeMap::new()
        };
        variables.extend(found.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)));
    }
    for variable in container.env.iter().flatten() {
        if let Some(value) = value(context, variable, &variables).await? {
            variables.push((variable.name.clone(), value));
        }
    }
    Ok(variables)
}

/// How a pod finds the API server.
async fn api_server(context: &PodContext) -> Result<Vec<(String, String)>> {
    let service = context.api.get(KUBERNETES).await?.unwrap_or_default();
    let address = service.pointer("/spec/clusterIP").and_then(|address| address.as_str()).unwrap_or_default();
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Ok(vec![
        variable("KUBERNETES_SERVICE_HOST", address),
        variable("KUBERNETES_SERVICE_PORT", "443"),
        variable("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
    ])
}

async fn value(
    context: &PodContext,
    variable: &EnvVar,
    before: &[(String, String)],
) -> Result<Option<String>> {
    let Some(source) = &variable.value_from else {
        return Ok(Some(expand(variable.value.as_deref().unwrap_or_default(), before)));
    };
    match source {
        EnvVarSource { field_ref: Some(field), .. } => field_of(context, &field.field_path).map(Some),
        EnvVarSource { config_map_key_ref: Some(key), .. } => {
            let mut map = config_map(context, &key.name, key.optional).await?;
            present(map.remove(&key.key), key.optional, "configmap", &key.name, &key.key)
        }
        EnvVarSource { secret_key_ref: Some(key), .. } => {
            let mut secret = texts(secret_data(context, &key.name, key.optional).await?);
            present(secret.remove(&key.key), key.optional, "Secret", &key.name, &key.key)
        }
        _ => Err(Failure::new(format!("the source of variable {} is not in this lab", variable.name))),
    }
}

fn present(
    found: Option<String>,
    optional: Option<bool>,
    kind: &str,
    name: &str,
    key: &str,
) -> Result<Option<String>> {
    match found {
        None if optional != Some(true) => {
            Err(Failure::new(format!("couldn't find key {key} in {kind} {name}")))
        }
        found => Ok(found),
    }
}

/// A field of the pod, as a variable or a file may have it.
pub(crate) fn field_of(context: &PodContext, path: &str) -> Result<String> {
    let metadata = &context.pod.metadata;
    let spec = context.pod.spec.as_ref();
    let joined =
        |addresses: &[IpAddr]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let first = |addresses: &[IpAddr]| joined(addresses.get(..1).unwrap_or_default());
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    Ok(match path {
        "metadata.name" => text(metadata.name.as_ref()),
        "metadata.namespace" => text(metadata.namespace.as_ref()),
        "metadata.uid" => text(metadata.uid.as_ref()),
        "spec.nodeName" => text(spec.and_then(|spec| spec.node_name.as_ref())),
        "spec.serviceAccountName" => context.service_account(),
        "status.hostIP" => first(&context.node_addresses),
        "status.hostIPs" => joined(&context.node_addresses),
        "status.podIP" => first(context.reported_addresses()),
        "status.podIPs" => joined(context.reported_addresses()),
        other => return Err(Failure::new(format!("the field {other} of a pod is not in this lab"))),
    })
}

/// Replaces `$(NAME)` of variables that are known; `$$` is a dollar.
pub(crate) fn expand(text: &str, variables: &[(String, String)]) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            after
        } else {
            let named = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
            let known = named.and_then(|(name, tail)| {
                variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| (value, tail))
            });
            match known {
                Some((value, tail)) => {
                    expanded.push_str(value);
                    tail
                }
                None => {
                    expanded.push('$');
                    after
                }
            }
        };
    }
    expanded + rest
}

/// The texts of a config map; none where it may be missing and is.
pub(crate) async fn config_map(
    context: &PodContext,
    name: &str,
    optional: Option<bool>,
) -> Result<BTreeMap<String, String>> {
    let path = format!("/api/v1/namespaces/{}/configmaps/{name}", context.namespace());
    let found: Option<ConfigMap> = context.read(&path).await?;
    match found {
        Some(map) => Ok(map.data.unwrap_or_default()),
        None if optional == Some(true) => Ok(BTreeMap::new()),
        None => Err(Failure::new(format!("configmap \"{name}\" not found"))),
    }
}

/// The content of a secret; none where it may be missing and is.
pub(crate) async fn secret_data(
    context: &PodContext,
    name: &str,
    optional: Option<bool>,
) -> Result<BTreeMap<String, ByteString>> {
    let path = format!("/api/v1/namespaces/{}/secrets/{name}", context.namespace());
    let found: Option<Secret> = context.read(&path).await?;
    match found {
        Some(secret) => Ok(secret.data.unwrap_or_default()),
        None if optional == Some(true) => Ok(BTreeMap::new()),
        None => Err(Failure::new(format!("secret \"{name}\" not found"))),
    }
}

fn texts(data: BTreeMap<String, ByteString>) -> BTreeMap<String, String> {
    data.into_iter().map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_variables_are_expanded_and_others_stay() {
        let known = [("A".to_owned(), "1".to_owned()), ("A".to_owned(), "2".to_owned())];
        assert_eq!(expand("$(A) $(B) $$(A) $A", &known), "2 $(B) $(A) $A");
    }
}
