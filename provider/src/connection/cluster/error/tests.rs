//! What becomes of the answers of an API server.

use super::*;
use serde_json::json;

fn sorted(code: u16, message: &str, details: serde_json::Value) -> ClusterErrorKind {
    let status: Status = serde_json::from_value(json!({
        "status": "Failure", "code": code, "message": message, "reason": "", "details": details,
    }))
    .unwrap();
    ClusterError::from_client(&kube::Error::Api(Box::new(status)), "Reading", "10.0.0.11").kind()
}

#[test]
fn the_two_kinds_of_404_are_told_apart() {
    let object = json!({"name": "edge", "group": "metallb.io", "kind": "bgppeers"});
    assert_eq!(sorted(404, "bgppeers.metallb.io \"edge\" not found", object), ClusterErrorKind::NotFound);
    assert_eq!(sorted(404, "404 page not found", json!(null)), ClusterErrorKind::KindNotServed);
    assert_eq!(
        sorted(404, "the server could not find the requested resource", json!({"name": "edge"})),
        ClusterErrorKind::KindNotServed
    );
    assert_eq!(
        sorted(
            404,
            "namespaces \"metallb-system\" not found",
            json!({"name": "metallb-system", "kind": "namespaces"})
        ),
        ClusterErrorKind::NamespaceMissing
    );
}

#[test]
fn a_webhook_that_refuses_is_not_one_that_is_silent() {
    let denied =
        "admission webhook \"bgppeersvalidationwebhook.metallb.io\" denied the request: missing local ASN";
    assert_eq!(sorted(403, denied, json!(null)), ClusterErrorKind::Denied);
    assert_eq!(sorted(400, denied, json!(null)), ClusterErrorKind::Denied);
    let silent = "Internal error occurred: failed calling webhook \"x\": no endpoints available for service";
    assert_eq!(sorted(500, silent, json!(null)), ClusterErrorKind::WebhookNotServing);
    let error = |kind| ClusterError::new(kind, "Applying", "cluster at 10.0.0.11", "no");
    assert!(error(ClusterErrorKind::WebhookNotServing).is_transient());
    assert!(!error(ClusterErrorKind::Denied).is_transient_on_create());
}

#[test]
fn conflicts_over_fields_and_over_identity_differ() {
    let fields = json!({"causes": [{"reason": "FieldManagerConflict", "message": "conflict with \"kubectl\"", "field": ".spec.addresses"}]});
    assert_eq!(sorted(409, "Apply failed with 1 conflict", fields), ClusterErrorKind::FieldConflict);
    assert_eq!(
        sorted(409, "Precondition failed: UID in precondition: a, UID in object meta: b", json!(null)),
        ClusterErrorKind::UidMismatch
    );
    assert_eq!(sorted(409, "the object has been modified", json!(null)), ClusterErrorKind::Busy);
}

#[test]
fn faults_name_the_field_without_its_leading_dot() {
    let status: Status = serde_json::from_value(json!({
        "status": "Failure", "code": 422, "message": "is invalid", "reason": "Invalid",
        "details": {"causes": [{"reason": "FieldValueInvalid", "message": "too big", "field": ".spec.peerPort"}]},
    }))
    .unwrap();
    let error = ClusterError::from_client(&kube::Error::Api(Box::new(status)), "Applying", "10.0.0.11");
    assert_eq!(error.kind(), ClusterErrorKind::Invalid);
    assert_eq!(error.faults(), [FieldFault { field: "spec.peerPort".into(), message: "too big".into() }]);
}
