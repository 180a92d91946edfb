resource "calico_ip_reservation" "machines" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster        = "10.0.0.11" # a control plane
  name           = "machines"
  reserved_cidrs = ["10.1.0.0/28", "fd01::/124"]
}
