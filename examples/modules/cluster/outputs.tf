output "host" {
  description = "A control plane of the finished cluster: the target of everything in the cluster, known once all nodes have joined."
  value       = microk8s_cluster_ipv6.this.host

  depends_on = [microk8s_cluster_member.this, microk8s_addon.this, calico_ippool.v6]
}

output "nodes" {
  description = "Addresses of the nodes by name."
  value       = { for name, node in microk8s_node.this : name => node.host }
}

output "cluster_cidr" {
  description = "IPv6 range of pods."
  value       = microk8s_cluster_ipv6.this.cluster_cidr
}

output "service_cidr" {
  description = "IPv6 range of services."
  value       = microk8s_cluster_ipv6.this.service_cidr
}
