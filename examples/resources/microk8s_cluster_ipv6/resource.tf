resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}

resource "microk8s_cluster_ipv6" "this" {
  host         = microk8s_node.cp1.host
  cluster_cidr = "fd01::/64"
  service_cidr = "fd98::/108"
  nat_outgoing = true # fd01::/64 is not routed on the Internet

  # Only where a node has several networks: take its IPv6 address from this one.
  ip6_autodetection_method = "cidr=2001:db8:0:1::/64"
}
