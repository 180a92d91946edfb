# Needs MetalLB in an FRR mode, which MicroK8s's add-on is not.
resource "metallb_bfd_profile" "fast" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster           = "10.0.0.11" # a control plane
  name              = "fast"
  receive_interval  = 100
  transmit_interval = 100
  detect_multiplier = 3 # a lost router is noticed within 0.3 s
}

resource "metallb_bgp_peer" "edge" {
  provider = microk8s

  cluster      = "10.0.0.11"
  name         = "edge"
  my_asn       = 64512
  peer_asn     = 64512
  peer_address = "10.0.0.1"
  bfd_profile  = metallb_bfd_profile.fast.name
}
