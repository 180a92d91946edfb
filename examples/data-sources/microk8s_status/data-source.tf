data "microk8s_status" "cluster" {
  host = "10.0.0.11"        # a control plane
  wait = { timeout = "5m" } # until all nodes are Ready
}

output "nodes" {
  value = { for node in data.microk8s_status.cluster.nodes : node.name => node.role }
}

output "enabled_addons" {
  value = [for addon in data.microk8s_status.cluster.addons : addon.name if addon.enabled]
}
