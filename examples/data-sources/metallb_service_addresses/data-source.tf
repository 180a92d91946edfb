data "metallb_service_addresses" "web" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster   = "10.0.0.11" # a control plane
  namespace = "default"
  service   = "web"
  wait      = { timeout = "2m" } # until it has an address that a node announces
}

output "address" {
  value = one(data.metallb_service_addresses.web.services["default/web"].addresses)
}

# The pods that answer, with their own addresses.
output "pods" {
  value = { for one in data.metallb_service_addresses.web.services["default/web"].endpoints : one.address => one.pod if one.ready }
}
