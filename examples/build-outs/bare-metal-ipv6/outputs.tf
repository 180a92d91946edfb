output "nodes" {
  description = "The cluster's nodes with their roles and addresses."
  value       = data.microk8s_status.cluster.nodes
}

output "neighbors" {
  description = "The router's BGP neighbours as it sees them."
  value       = data.vyos_bgp_summary.edge.neighbors
}
