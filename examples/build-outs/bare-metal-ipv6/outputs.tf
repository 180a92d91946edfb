output "nodes" {
  description = "The cluster's nodes with their roles and addresses."
  value       = data.microk8s_status.cluster.nodes
}

output "neighbors" {
  description = "Addresses that the router holds or tries a BGP session with."
  value       = keys(data.vyos_bgp_summary.edge.neighbors)
}
