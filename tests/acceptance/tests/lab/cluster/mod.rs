//! Objects in the cluster.

mod cluster_objects;
mod frr_k8s;
