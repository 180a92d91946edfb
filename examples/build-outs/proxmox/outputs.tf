output "nodes" {
  description = "Addresses of the nodes."
  value       = { for name, node in var.nodes : name => { ipv4 = node.ipv4, ipv6 = node.ipv6 } }
}
