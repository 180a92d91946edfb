resource "metallb_ip_address_pool" "default" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster = "10.0.0.11" # a control plane
  name    = "default-pool"

  # Both families in one pool: a dual-stack Service takes both of its addresses from the same one.
  addresses = ["192.0.2.0/26", "2001:db8:f000:2::/64"]
}

# Only for Services of one namespace.
resource "metallb_ip_address_pool" "ingress" {
  provider = microk8s

  cluster   = "10.0.0.11"
  name      = "ingress"
  addresses = ["192.0.2.64-192.0.2.67"]

  service_allocation = {
    namespaces = ["ingress"]
  }
}
