output "neighbors" {
  description = "Addresses that the router speaks BGP with, known once all that passes routes on is there."
  value       = [for neighbor in vyos_bgp_neighbor.node : neighbor.address]

  depends_on = [vyos_ospf.upstream, vyos_ospfv3.upstream]
}
