resource "metallb_ip_address_pool" "default" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster   = "10.0.0.11" # a control plane
  name      = "default-pool"
  addresses = ["2001:db8:f000:2::/64"]
}

resource "metallb_bgp_advertisement" "default" {
  provider = microk8s

  cluster          = "10.0.0.11"
  name             = "default"
  ip_address_pools = [metallb_ip_address_pool.default.name]

  # One route for the whole pool in place of one for each address.
  aggregation_length_v6 = 64
}
