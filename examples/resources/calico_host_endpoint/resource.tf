resource "calico_host_endpoint" "cp1" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster        = "10.0.0.11" # a control plane
  name           = "cp1"
  node           = "cp1"
  interface_name = "*"
  labels         = { role = "node" } # what selectors of policies match

  # What no policy decides is allowed.
  profiles = ["projectcalico-default-allow"]
}
