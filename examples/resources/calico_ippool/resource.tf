resource "calico_ippool" "v6" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster      = "10.0.0.11"           # a control plane
  name         = "default-ipv6-ippool" # the one that Calico makes: it is adopted
  cidr         = "fd01::/64"
  nat_outgoing = true # fd01::/64 is not routed on the Internet
}
