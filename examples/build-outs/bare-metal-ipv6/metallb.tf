# MetalLB in FRR mode, the cluster's side of the BGP sessions, and what is announced over them.

resource "microk8s_helm_release" "metallb" {
  host             = microk8s_cluster_ipv6.this.host
  name             = "metallb"
  namespace        = "metallb-system"
  create_namespace = true
  repository       = var.metallb.repository
  chart            = var.metallb.chart
  version          = var.metallb.version

  # One FRR beside every speaker: without it, MetalLB announces no IPv6 over BGP.
  values = {
    speaker = { frr = { enabled = true } }
    frrk8s  = { enabled = false }
  }

  depends_on = [microk8s_cluster_member.this, calico_ippool.v6]
}

resource "metallb_ip_address_pool" "default" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster   = microk8s_helm_release.metallb.host
  name      = "default-pool"
  addresses = var.load_balancer_addresses
}

resource "metallb_bgp_peer" "edge" {
  provider = microk8s

  cluster                   = microk8s_helm_release.metallb.host
  name                      = "vyos-gw"
  my_asn                    = var.as_number
  peer_asn                  = var.as_number
  peer_address              = var.router_address
  dual_stack_address_family = true # IPv6 routes over a session between IPv4 addresses
}

resource "metallb_bgp_advertisement" "default" {
  provider = microk8s

  cluster          = microk8s_helm_release.metallb.host
  name             = "default-advertisement"
  ip_address_pools = [metallb_ip_address_pool.default.name]
}
