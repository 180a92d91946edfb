resource "calico_global_network_set" "office" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster = "10.0.0.11" # a control plane
  name    = "office"
  labels  = { role = "office" } # what selectors of rules match
  nets    = ["192.0.2.0/24", "2001:db8:1::/48"]
}
