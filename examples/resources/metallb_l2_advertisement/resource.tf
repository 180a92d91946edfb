resource "metallb_ip_address_pool" "local" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster   = "10.0.0.11" # a control plane
  name      = "local"
  addresses = ["10.0.0.200-10.0.0.220"] # out of the nodes' own network
}

resource "metallb_l2_advertisement" "local" {
  provider = microk8s

  cluster          = "10.0.0.11"
  name             = "local"
  ip_address_pools = [metallb_ip_address_pool.local.name]
  interfaces       = ["eth0"]
}
