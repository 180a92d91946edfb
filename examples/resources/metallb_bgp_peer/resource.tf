resource "metallb_bgp_peer" "edge" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster      = "10.0.0.11" # a control plane
  name         = "edge"
  my_asn       = 64512
  peer_asn     = 64512 # the same: iBGP
  peer_address = "10.0.0.1"

  # IPv4 and IPv6 routes over the one session. Needs MetalLB 0.15 in an FRR mode, which MicroK8s's add-on is not.
  dual_stack_address_family = true
}
