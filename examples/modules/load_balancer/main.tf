# MetalLB in FRR mode, installed in a cluster: addresses for LoadBalancer services, announced to routers over BGP.

terraform {
  required_version = ">= 1.11"

  required_providers {
    # The provider under the name of the family that is used most, so that metallb_* types need no `provider` line.
    metallb = { source = "baremetal/microk8s" }
  }
}

locals {
  chart_has_repository = !can(regex("^(/|oci://)", var.chart.name))
}

resource "microk8s_helm_release" "metallb" {
  provider = metallb

  host             = var.cluster
  name             = "metallb"
  namespace        = "metallb-system"
  create_namespace = true
  repository       = local.chart_has_repository ? var.chart.repository : null
  chart            = var.chart.name
  version          = startswith(var.chart.name, "/") ? null : var.chart.version # a folder is of one version

  # One FRR beside every speaker: native mode announces no IPv6, and one session carries both families.
  values = yamlencode({
    speaker = { frr = { enabled = true } }
    frrk8s  = { enabled = false }
  })
}

resource "metallb_ip_address_pool" "this" {
  for_each = var.pools

  cluster     = var.cluster
  name        = each.key
  namespace   = microk8s_helm_release.metallb.namespace
  addresses   = each.value.addresses
  auto_assign = each.value.auto_assign
}

resource "metallb_bgp_peer" "this" {
  for_each = var.routers

  cluster                   = var.cluster
  name                      = each.key
  namespace                 = microk8s_helm_release.metallb.namespace
  my_asn                    = var.as_number
  peer_asn                  = each.value.as_number
  peer_address              = each.value.address
  dual_stack_address_family = true # IPv4 and IPv6 routes over the one session
}

resource "metallb_bgp_advertisement" "this" {
  cluster          = var.cluster
  name             = "load-balancer"
  namespace        = microk8s_helm_release.metallb.namespace
  ip_address_pools = [for pool in metallb_ip_address_pool.this : pool.name]
  peers            = [for peer in metallb_bgp_peer.this : peer.name]
}
