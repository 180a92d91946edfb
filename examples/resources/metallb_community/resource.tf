resource "metallb_community" "well_known" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster = "10.0.0.11" # a control plane
  name    = "well-known"
  communities = [
    { name = "no-export", value = "65535:65281" },
    { name = "no-advertise", value = "65535:65282" },
  ]
}

resource "metallb_bgp_advertisement" "default" {
  provider = microk8s

  cluster     = "10.0.0.11"
  name        = "default"
  communities = ["no-export"]
  depends_on  = [metallb_community.well_known] # the names have to be there first
}
