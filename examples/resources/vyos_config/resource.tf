# No type of its own covers NTP: the router asks these servers, and answers the nodes of the cluster.
resource "vyos_config" "ntp" {
  provider = microk8s # the type's prefix is not the provider's name

  router = "edge" # a key of the provider's `routers`
  path   = "service ntp"
  config = {
    server       = { "ntp1.example.net" = { prefer = {} }, "ntp2.example.net" = {} }
    allow-client = { address = ["10.0.0.0/24", "fd00:10::/64"] }
  }
}

resource "vyos_config" "domain_name" {
  provider = microk8s

  router = "edge"
  path   = "system domain-name"
  config = "example.net" # a leaf: its value alone
}
